import { configuresDrain, drainSettings, type DrainSettings } from './drain-settings.js';
import { Environment } from './environment.js';
import { type Field } from './field.js';
import { imageRole } from './image.js';
import { PreStop } from './pre-stop.js';
import { type Resource } from './resource.js';

const sidePorts = /^(metrics|prom|prometheus|http-metrics|debug|admin|profil)/;

/** One container of a pod template. */
export class Container {
  readonly environment: Environment;
  readonly preStop: PreStop;
  /** The drain's settings; undefined when nothing shows that the container drains. */
  readonly drain: DrainSettings | undefined;

  constructor(
    readonly field: Field,
    configMaps: readonly Resource[],
  ) {
    this.environment = new Environment(field, configMaps);
    this.preStop = new PreStop(field.at('lifecycle', 'preStop'));
    const drains = configuresDrain(this.environment) || this.preStop.drains;
    this.drain = drains ? drainSettings(this.environment) : undefined;
  }

  get name(): string {
    return this.field.at('name').text ?? '';
  }

  get image(): string {
    return this.field.at('image').text ?? '';
  }

  get isProxy(): boolean {
    return imageRole(this.image) === 'proxy' || /^(istio|linkerd)-proxy$/.test(this.name);
  }

  get ports(): Field[] {
    return this.field.at('ports').items;
  }

  probe(name: 'readinessProbe' | 'livenessProbe' | 'startupProbe'): Field {
    return this.field.at(name);
  }

  /** Does anything show that it answers requests: a port for traffic, an HTTP probe, the drain? */
  get mayServe(): boolean {
    if (imageRole(this.image) === 'backing') return false;
    const traffic = this.ports.some((port) => !sidePorts.test(port.at('name').text ?? ''));
    const probed = this.probe('readinessProbe').at('httpGet').exists;
    return traffic || probed || this.drain !== undefined;
  }

  /**
   * Is there such a port? A name must be declared. A number need not be: it counts as well when the
   * environment or another hook or probe names it.
   */
  knowsPort(port: Field): boolean {
    const wanted = port.text ?? '';
    if (port.number === undefined) {
      return this.ports.some((each) => each.at('name').text === wanted);
    }
    if (this.calledPorts.filter((each) => each === wanted).length > 1) return true;
    const declared = this.ports.map((each) => each.at('containerPort').text);
    const inEnvironment = this.environment.names.some(
      (name) => this.environment.get(name)?.text === wanted,
    );
    return declared.length === 0 || declared.includes(wanted) || inEnvironment;
  }

  private get calledPorts(): (string | undefined)[] {
    const probes = ['readinessProbe', 'livenessProbe', 'startupProbe'].map((name) =>
      this.field.at(name),
    );
    return [this.preStop.field, ...probes].flatMap((handler) =>
      ['httpGet', 'tcpSocket', 'grpc'].map((kind) => handler.at(kind, 'port').text),
    );
  }
}
