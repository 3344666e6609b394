/** The signal that asks a process to stop. */
export type StopSignal = 'SIGTERM' | 'SIGINT';

/**
 * How a platform replaces one replica. Durations in milliseconds.
 *
 * `traffic` is the order of the two things that end a replica: `beside`, the balancer learns of it while the
 * replica is being stopped; `first`, the balancer sends no new connections any more, and the replica is
 * stopped `lead` later; `never`, no balancer is told: connections are refused until the next replica listens.
 */
export interface Platform {
  readonly name: PlatformName;
  /** For people. */
  readonly title: string;
  readonly traffic: 'beside' | 'first' | 'never';
  /** From the end of new traffic to the stop signal, when traffic ends `first`. */
  readonly lead: number;
  /** How late the balancer learns of a change. */
  readonly propagation: number;
  readonly signal: StopSignal;
  /** From the stop signal, or the beginning of the hook, to SIGKILL, unless the user sets it. */
  readonly grace: number;
  /** The platform never takes a longer one; absent if there is no such limit. */
  readonly longestGrace?: number;
  /** A limit that depends on where it runs, in words. */
  readonly graceLimit?: string;
  /** The setting that holds the grace. */
  readonly graceSetting: string;
  /** It runs a hook before the signal (preStop). */
  readonly hook: boolean;
  /** What is left after a hook is never less. */
  readonly leastRest: number;
  /** The new replica starts before the old one is stopped. */
  readonly startFirst: boolean;
  /** How many replicas there are, unless the user says it. */
  readonly replicas: number;
  /** The balancer chooses a replica for each request, not for each connection. */
  readonly perRequest: boolean;
  /** What helps beside a service that accepts until the balancer knows, in the platform's own words. */
  readonly acceptLonger: string;
}

export const platformNames = [
  'kubernetes',
  'ecs',
  'cloud-run',
  'fly',
  'nomad',
  'systemd',
  'compose',
  'swarm',
  'pm2',
] as const;

export type PlatformName = (typeof platformNames)[number];

const common = { hook: false, leastRest: 0, lead: 0, replicas: 2, startFirst: true } as const;

/**
 * The kubelet: hook, SIGTERM, SIGKILL; never less than 2 s after SIGTERM. The endpoint is removed beside it.
 * Source: a recorded kubelet and kube-proxy (1.34 and 1.36); kubernetes.io, "Pod Lifecycle", "Termination of
 * Pods". Propagation: the longest that was measured in a rolling update.
 */
const kubernetes: Platform = {
  ...common,
  name: 'kubernetes',
  title: 'Kubernetes',
  traffic: 'beside',
  propagation: 900,
  signal: 'SIGTERM',
  grace: 30_000,
  graceSetting: 'terminationGracePeriodSeconds',
  hook: true,
  leastRest: 2000,
  perRequest: false,
  acceptLonger: 'for example with a preStop hook that sleeps (lifecycle.preStop.sleep.seconds)',
};

/**
 * A service behind an ALB: the target is deregistered, ECS waits until it is unused (deregistration delay,
 * 300 s by default; here 5 s, so that a rehearsal ends), then SIGTERM, stopTimeout (30 s; at most 120 s on
 * Fargate), SIGKILL. Source: AWS, ECS Developer Guide, "Optimize load balancer connection draining
 * parameters"; ECS API reference, ContainerDefinition.stopTimeout.
 */
const ecs: Platform = {
  ...common,
  name: 'ecs',
  title: 'Amazon ECS behind an ALB',
  traffic: 'first',
  lead: 5000,
  propagation: 0,
  signal: 'SIGTERM',
  grace: 30_000,
  graceLimit: 'at most 120 s on Fargate',
  graceSetting: 'stopTimeout',
  perRequest: true,
  acceptLonger: 'or raise deregistration_delay.timeout_seconds of the target group',
};

/**
 * An instance that is taken down: no new requests, SIGTERM, 10 s, SIGKILL. Nothing can be set.
 * Source: Google Cloud, Cloud Run, "Container runtime contract", instance lifecycle: "SIGTERM … 10 seconds".
 */
const cloudRun: Platform = {
  ...common,
  name: 'cloud-run',
  title: 'Cloud Run',
  traffic: 'first',
  propagation: 0,
  signal: 'SIGTERM',
  grace: 10_000,
  longestGrace: 10_000,
  graceSetting: 'the 10 s of Cloud Run',
  perRequest: true,
  acceptLonger: 'and keep the listener open after SIGTERM',
};

/**
 * A machine is stopped and started again in place (strategy "rolling"): SIGINT, kill_timeout (5 s; at most
 * 300 s on shared CPUs), SIGKILL. The proxy learns of the stop beside it. Source: Fly.io, "App configuration (fly.toml)",
 * kill_signal and kill_timeout; Fly.io blog, "Graceful VM exits, some dials". How late the proxy learns of it is not
 * documented; the delay is the one measured in Kubernetes.
 */
const fly: Platform = {
  ...common,
  name: 'fly',
  title: 'Fly.io',
  traffic: 'beside',
  propagation: 900,
  signal: 'SIGINT',
  grace: 5000,
  graceLimit: 'at most 300 s on shared CPUs',
  graceSetting: 'kill_timeout',
  startFirst: false,
  perRequest: true,
  acceptLonger: 'for example with kill_timeout raised by as much',
};

/**
 * Nomad: the service is taken out of the catalogue, `shutdown_delay` passes (0 s by default), then the kill
 * signal (SIGINT; SIGTERM for Docker), kill_timeout (5 s; at most the client's max_kill_timeout, 30 s by
 * default), SIGKILL. Source: HashiCorp, Nomad job specification, task and group blocks; client configuration.
 */
const nomad: Platform = {
  ...common,
  name: 'nomad',
  title: 'Nomad',
  traffic: 'first',
  propagation: 900,
  signal: 'SIGTERM',
  grace: 5000,
  graceLimit: 'at most max_kill_timeout of the client, 30 s by default',
  graceSetting: 'kill_timeout',
  startFirst: false,
  perRequest: false,
  acceptLonger: 'or set shutdown_delay in the group',
};

/**
 * `systemctl restart`: SIGTERM, TimeoutStopSec (90 s), SIGKILL, then the new process. Without socket
 * activation nothing listens in between. Source: systemd.service(5), TimeoutStopSec; systemd.kill(5).
 */
const systemd: Platform = {
  ...common,
  name: 'systemd',
  title: 'systemd',
  traffic: 'never',
  propagation: 0,
  signal: 'SIGTERM',
  grace: 90_000,
  graceSetting: 'TimeoutStopSec',
  startFirst: false,
  replicas: 1,
  perRequest: false,
  acceptLonger: 'give the unit a socket (socket activation), which queues connections meanwhile',
};

/**
 * `docker compose up -d` with a new image: SIGTERM, stop_grace_period (10 s), SIGKILL, then the new container.
 * Source: Compose file reference, services, stop_grace_period and stop_signal.
 */
const compose: Platform = {
  ...systemd,
  name: 'compose',
  title: 'Docker Compose',
  grace: 10_000,
  graceSetting: 'stop_grace_period',
  acceptLonger: 'put a proxy that tries again before two services that you update in turn',
};

/**
 * A Swarm service: the task leaves the load balancer, 2 s pass, SIGTERM, stop_grace_period (10 s), SIGKILL;
 * the new task starts afterwards (update_config.order stop-first). Source: moby,
 * daemon/cluster/executor/container/controller.go, Shutdown; Compose file reference, deploy.update_config.
 */
const swarm: Platform = {
  ...common,
  name: 'swarm',
  title: 'Docker Swarm',
  traffic: 'first',
  lead: 2000,
  propagation: 0,
  signal: 'SIGTERM',
  grace: 10_000,
  graceSetting: 'stop_grace_period',
  startFirst: false,
  perRequest: false,
  acceptLonger: 'and set update_config.order to start-first',
};

/**
 * `pm2 reload` in cluster mode: the new worker listens, then the old one gets SIGINT (or the message
 * "shutdown"), kill_timeout (1.6 s), SIGKILL. The workers share the port: none gets connections once its
 * listener is closed. Source: PM2, "Graceful Start/Shutdown"; lib/API/schema.json, kill_timeout.
 */
const pm2: Platform = {
  ...common,
  name: 'pm2',
  title: 'PM2',
  traffic: 'first',
  propagation: 0,
  signal: 'SIGINT',
  grace: 1600,
  graceSetting: 'kill_timeout',
  perRequest: false,
  acceptLonger: 'and close the listener only then',
};

/** What `--platform` plays. */
export const platforms: Readonly<Record<PlatformName, Platform>> = {
  kubernetes,
  ecs,
  'cloud-run': cloudRun,
  fly,
  nomad,
  systemd,
  compose,
  swarm,
  pm2,
};
