import { type PreStopHook } from '../pods/hook.js';
import { type Probe, type ProbeAction } from '../pods/probe.js';
import { UsageError } from '../usage-error.js';

type PortReference = number | string;

interface HttpGetAction {
  readonly path?: string;
  readonly port: PortReference;
  readonly scheme?: string;
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
}

interface Action {
  readonly httpGet?: HttpGetAction;
  readonly tcpSocket?: { readonly port: PortReference };
  readonly exec?: { readonly command?: readonly string[] };
  readonly sleep?: { readonly seconds: number };
}

interface ContainerSpec {
  readonly name?: string;
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly env?: readonly EnvironmentVariable[];
  readonly lifecycle?: { readonly preStop?: Action };
  readonly readinessProbe?: Action & {
    readonly periodSeconds?: number;
    readonly timeoutSeconds?: number;
    readonly failureThreshold?: number;
  };
}

interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string | number | boolean;
}

/** The part of a pod's spec that a rehearsal reads. */
export interface Spec {
  readonly terminationGracePeriodSeconds?: number;
  readonly containers?: readonly ContainerSpec[];
}

/** One container with its ports as placeholders: replicas get free ports of their own. */
export interface Container {
  readonly spec: ContainerSpec;
  /** The main port, as the manifest numbers it. */
  readonly port: number;
  /** `{port}` for the main port, `{port:9000}` for any other. */
  readonly placeholders: ReadonlyMap<number, string>;
  readonly environment: readonly EnvironmentVariable[];
}

/** @throws UsageError when there is no such container. */
export function containerOf({ containers = [] }: Spec, name: string | undefined): Container {
  const spec = name ? containers.find((one) => one.name === name) : containers[0];
  if (!spec) {
    const names = containers.map((one) => one.name).join(', ') || 'none';
    throw new UsageError(`No container ${name ?? ''} in the manifest: there is ${names}`);
  }
  const { readinessProbe, lifecycle, ports = [] } = spec;
  const port = ports[0]?.containerPort ?? Number(readinessProbe?.httpGet?.port ?? 3000);
  const mentioned = [
    readinessProbe?.httpGet,
    readinessProbe?.tcpSocket,
    lifecycle?.preStop?.httpGet,
  ]
    .map((action) => numberOf(spec, action?.port ?? port))
    .concat(ports.map(({ containerPort }) => containerPort));
  const placeholders = mentioned.map((number) => [number, `{port:${number}}`] as const);
  return {
    spec,
    port,
    placeholders: new Map([...placeholders, [port, '{port}']]),
    environment: spec.env ?? [],
  };
}

export function hookFrom(container: Container): PreStopHook | undefined {
  const action = container.spec.lifecycle?.preStop;
  if (action?.sleep) return { type: 'sleep', duration: action.sleep.seconds * 1000 };
  if (action?.exec) return { type: 'exec', command: commandFrom(container, action.exec.command) };
  if (!action?.httpGet) return undefined;
  return { ...httpFrom(container, action.httpGet), address: '127.0.0.1' };
}

export function probeFrom(container: Container): Probe | undefined {
  const probe = container.spec.readinessProbe;
  const action = probe && actionFrom(container, probe);
  return (
    action && {
      action,
      period: (probe.periodSeconds ?? 10) * 1000,
      timeout: (probe.timeoutSeconds ?? 1) * 1000,
      failureThreshold: probe.failureThreshold ?? 3,
    }
  );
}

function actionFrom(container: Container, action: Action): ProbeAction | undefined {
  if (action.httpGet) return httpFrom(container, action.httpGet);
  if (action.exec) return { type: 'exec', command: commandFrom(container, action.exec.command) };
  if (!action.tcpSocket) return undefined;
  return { type: 'tcp', port: placeholder(container, action.tcpSocket.port) };
}

function httpFrom(container: Container, { path, port, scheme, httpHeaders }: HttpGetAction) {
  return {
    type: 'http',
    path: path ?? '/',
    scheme: scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http',
    headers: Object.fromEntries((httpHeaders ?? []).map(({ name, value }) => [name, value])),
    port: placeholder(container, port),
  } as const;
}

/** A command that names a port of the container gets the replica's own instead. */
function commandFrom({ placeholders }: Container, command: readonly string[] = []): string[] {
  return command.map((part) =>
    part.replace(/\b\d{2,5}\b/g, (digits) => placeholders.get(Number(digits)) ?? digits),
  );
}

function placeholder({ spec, placeholders }: Container, port: PortReference): string {
  return placeholders.get(numberOf(spec, port)) ?? '{port}';
}

function numberOf({ ports = [] }: ContainerSpec, port: PortReference): number {
  return ports.find(({ name }) => name === port)?.containerPort ?? Number(port);
}
