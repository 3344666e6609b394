import { setMaxListeners } from 'node:events';
import { HaproxyBalancer } from './balancer/haproxy-balancer.js';
import { OwnBalancer } from './balancer/own-balancer.js';
import { type Balancer } from './balancer/balancer.js';
import { watchLateness } from './children/lateness.js';
import { monotonic, systemClock } from './clock.js';
import { Journal, type PodEvent } from './journal.js';
import { type LoadStatus } from './load/clients-process.js';
import { Crowd } from './load/crowd.js';
import { type LoadPlan } from './load/load-plan.js';
import { discover, preflight } from './load/preflight.js';
import { Endpoints } from './pods/endpoints.js';
import { furtherPorts } from './pods/pod-plan.js';
import { freePorts } from './pods/free-ports.js';
import { Replica } from './pods/replica.js';
import { Rollout } from './pods/rollout.js';
import { type RehearsalPlan } from './rehearsal-plan.js';
import { adviceFor } from './verdict/advice.js';
import { attribute } from './verdict/attribution.js';
import { report, type RehearsalReport } from './verdict/report.js';

/** Hears what happens while it happens. */
export interface Audience {
  event?(event: PodEvent): void;
  /** A line that a pod printed. */
  output?(pod: string, line: string): void;
  /** How the streams stand; called once, before the load begins. */
  load?(status: () => LoadStatus): void;
  /** The load was found out, not named. */
  discovered?(load: LoadPlan): void;
}

/**
 * Rehearses one rolling update and judges every stream. Everything it starts is stopped before it
 * resolves or rejects, also when `signal` aborts.
 * @throws UsageError when the service does not become ready or does not answer the load's requests.
 */
export async function rehearse(
  plan: RehearsalPlan,
  audience: Audience = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<RehearsalReport> {
  const limit = AbortSignal.timeout(plan.timeLimit);
  const rehearsal = new Rehearsal(plan, audience, AbortSignal.any([signal, limit]));
  try {
    return await rehearsal.run(limit);
  } finally {
    await rehearsal.stop();
  }
}

class Rehearsal {
  readonly #date = new Date();
  readonly #begin = monotonic();
  readonly #clock = systemClock(this.#begin);
  readonly #stalls = watchLateness(this.#clock);
  readonly #journal: Journal;
  readonly #over = new AbortController();
  readonly #stopped: AbortSignal;
  readonly #endpoints: Endpoints;
  readonly #rollout: Rollout;
  #crowd: Crowd | undefined;
  #balancer: Balancer | undefined;
  #podCount = 0;

  constructor(
    private readonly plan: RehearsalPlan,
    private readonly audience: Audience,
    signal: AbortSignal,
  ) {
    this.#stopped = AbortSignal.any([signal, this.#over.signal]);
    setMaxListeners(0, this.#stopped);
    this.#journal = new Journal(this.#clock, (event) => audience.event?.(event));
    this.#endpoints = new Endpoints(this.#clock, this.#journal, plan.propagation, this.#stopped);
    const { gracePeriod } = plan.pod;
    this.#rollout = new Rollout(
      () => this.#createPod(),
      this.#endpoints,
      { ...plan.platform, ...plan, gracePeriod },
      this.#clock,
      this.#journal,
      this.#stopped,
    );
    // A pod that outlives a stopped rehearsal would be left behind.
    this.#stopped.addEventListener('abort', () => this.#rollout.kill());
  }

  async run(limit: AbortSignal): Promise<RehearsalReport> {
    await this.#rollout.start(this.plan.replicas);
    const balancer = (this.#balancer = await this.#openBalancer());
    const loads = await this.#loads(balancer.port);
    const crowd = (this.#crowd = await this.#startClients(loads, balancer.port));
    this.audience.load?.(() => crowd.status());
    await this.#clock.sleep(this.plan.warmup, this.#stopped);
    await this.#rollout.roll();
    const { ranDry } = await crowd.settle(
      this.#stopped.aborted ? 0 : this.plan.settle,
      this.#stopped,
    );
    return this.#report(balancer, crowd, { stoppedAtLimit: limit.aborted, ranDry });
  }

  async stop(): Promise<void> {
    this.#journal.end();
    this.#over.abort();
    this.#stalls();
    await this.#crowd?.close();
    await this.#balancer?.close();
    await this.#rollout.stop();
  }

  async #createPod(): Promise<Replica> {
    const name = `pod-${(this.#podCount += 1)}`;
    const ports = await freePorts(furtherPorts(this.plan.pod));
    return new Replica(name, this.plan.pod, ports, this.#clock, this.#journal, (pod, line) =>
      this.audience.output?.(pod, line),
    );
  }

  #openBalancer(): Promise<Balancer> {
    const { balancer, replicas } = this.plan;
    if (balancer === 'embedded') return OwnBalancer.open(this.#endpoints, this.#begin);
    return HaproxyBalancer.open(this.#endpoints, this.#clock, balancer, replicas * 2);
  }

  /** The loads that were named, tried once; without any, the one that the service answers. */
  async #loads(port: number): Promise<readonly LoadPlan[]> {
    const { loads, loadDefaults } = this.plan;
    if (this.#stopped.aborted) return [];
    if (loads.length > 0) {
      await preflight(loads, port, this.#stopped);
      return loads;
    }
    const found = await discover(loadDefaults, port, this.#stopped);
    this.audience.discovered?.(found);
    return [found];
  }

  #startClients(loads: readonly LoadPlan[], port: number): Promise<Crowd> {
    const { recognition, maxStreams, warmup } = this.plan;
    const spread = warmup / 2;
    return Crowd.start({ loads, port, recognition, maxStreams, spread, begin: this.#begin });
  }

  async #report(
    balancer: Balancer,
    crowd: Crowd,
    end: { readonly stoppedAtLimit: boolean; readonly ranDry: boolean },
  ): Promise<RehearsalReport> {
    const duration = this.#clock.now();
    const { streams, stalls } = await crowd.end();
    const traffic = await balancer.traffic();
    const { pod, platform, streamLength, propagation, stack, maxLost } = this.plan;
    return report({
      date: this.#date,
      command: pod.command,
      platform: platform.title,
      duration,
      ...end,
      maxLost,
      events: this.#journal.events,
      streams,
      connections: attribute(streams, traffic),
      gracePeriod: pod.gracePeriod,
      streamLength,
      advice: adviceFor(stack, platform, propagation),
      stalls: { balancer: traffic.stalls, clients: stalls, kubelet: this.#stalls() },
    });
  }
}
