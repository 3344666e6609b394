import { type Field } from '../input/field.js';
import { Environment, type FindConfigMap } from './environment.js';
import { imageRole } from './image.js';
import { PreStop } from './pre-stop.js';
import { Settings, type SettingSources } from './settings.js';

const sidePorts =
  /^(.*metrics.*|prom|prometheus|tcp-prometheus.*|debug|admin|profil.*|pprof|webhook.*|health.*|probe.*)$/;
/** Ports that members of a cluster use among themselves. */
const peerPorts =
  /^(peer|raft|gossip|cluster|serf.*|transport|replication|internode|intra.*|leader-election|follower)$/;

export type ProbeName = 'readinessProbe' | 'livenessProbe' | 'startupProbe';
export const probeNames: readonly ProbeName[] = ['readinessProbe', 'livenessProbe', 'startupProbe'];

/** A port that carries no client's traffic, by its name. */
export const isSidePort = (name: string | undefined): boolean => sidePorts.test(name ?? '');

/** One container of a pod template. */
export class Container {
  readonly environment: Environment;
  readonly preStop: PreStop;
  readonly settings: Settings;

  constructor(
    readonly field: Field,
    sources: Pick<SettingSources, 'annotation' | 'flags' | 'live'>,
    configMaps: FindConfigMap,
  ) {
    this.environment = new Environment(field, configMaps);
    this.preStop = new PreStop(field.at('lifecycle', 'preStop'));
    this.settings = new Settings({ ...sources, image: this.image, environment: this.environment });
  }

  get name(): string {
    // Knative and some operators leave the name out.
    return this.field.at('name').text ?? (this.image || 'a container without a name');
  }

  get image(): string {
    return this.field.at('image').text ?? '';
  }

  get role() {
    return imageRole(this.image);
  }

  get isProxy(): boolean {
    return this.role === 'proxy' || /^(istio|linkerd)-proxy$/.test(this.name);
  }

  get ports(): Field[] {
    return this.field.at('ports').items;
  }

  /** Ports that a client may call: not those for metrics, webhooks or peers. */
  get trafficPorts(): Field[] {
    return this.ports.filter((port) => !isSidePort(port.at('name').text) && !isPeerPort(port));
  }

  get hasPeerPort(): boolean {
    return this.ports.some(isPeerPort);
  }

  /** Has it a port as servers of the web have? */
  get hasWebPort(): boolean {
    return this.ports.some(
      (port) =>
        /^(https?|web|grpc|api)/.test(port.at('name').text ?? '') ||
        [80, 443, 3000, 8000, 8080, 8443].includes(port.at('containerPort').number ?? 0),
    );
  }

  probe(name: ProbeName): Field {
    return this.field.at(name);
  }

  /** Does anything show that it drains by this library? */
  get drains(): boolean {
    return this.preStop.drains || this.settings.areDeclared;
  }

  /** Does SIGTERM alone drain it by this library, so that a missing or dead hook loses nothing? */
  get drainsOnSignal(): boolean {
    return this.drains && this.settings.get('signals')?.seconds !== 0;
  }

  /** The command and arguments of the manifest, word by word; empty when the image decides. */
  get command(): Field[] {
    return [...this.field.at('command').items, ...this.field.at('args').items];
  }

  /** The port to name in a proposed probe or hook: one that probes or traffic use already. */
  get ownPort(): string | number {
    const probed = probeNames
      .map((name) => this.probe(name).at('httpGet', 'port'))
      .find((port) => port.exists && this.knowsPort(port));
    const [port] = this.trafficPorts;
    const declared = port?.at('name').text ?? port?.at('containerPort').number;
    return (probed?.value as string | number | undefined) ?? declared ?? this.listeningPort ?? 8080;
  }

  /**
   * Is there such a port? A name must be declared. A number need not be: it counts as well when the
   * command, the environment or another hook or probe names it.
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
    const inCommand = this.command.some((word) => word.text?.split(/\D+/).includes(wanted));
    return declared.length === 0 || declared.includes(wanted) || inEnvironment || inCommand;
  }

  /** The number of a port that a probe, a hook or a Service names; undefined where no port bears the name. */
  numberOf(port: Field): string | undefined {
    if (port.number !== undefined) return port.text;
    const named = this.ports.find((each) => each.at('name').text === port.text);
    return port.exists ? named?.at('containerPort').text : undefined;
  }

  private get listeningPort(): number | undefined {
    return this.environment.get('PORT')?.number;
  }

  private get calledPorts(): (string | undefined)[] {
    const probes = probeNames.map((name) => this.field.at(name));
    return [this.preStop.field, ...probes].flatMap((handler) =>
      ['httpGet', 'tcpSocket', 'grpc'].map((kind) => handler.at(kind, 'port').text),
    );
  }
}

const isPeerPort = (port: Field): boolean => peerPorts.test(port.at('name').text ?? '');
