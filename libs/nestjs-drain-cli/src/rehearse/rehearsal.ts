import { setMaxListeners } from 'node:events';
import { EmbeddedBalancer } from './balancer/embedded-balancer.js';
import { HaproxyBalancer } from './balancer/haproxy-balancer.js';
import { type Balancer } from './balancer/balancer.js';
import { systemClock, type Clock } from './clock.js';
import { Journal, type PodEvent } from './journal.js';
import { clientFor } from './load/client-for.js';
import { Load, type Budget } from './load/load.js';
import { preflight } from './load/preflight.js';
import { type Stream } from './load/stream.js';
import { Endpoints } from './pods/endpoints.js';
import { furtherPorts } from './pods/pod-plan.js';
import { freePorts } from './pods/free-ports.js';
import { Replica } from './pods/replica.js';
import { Rollout } from './pods/rollout.js';
import { type RehearsalPlan } from './rehearsal-plan.js';
import { attribute } from './verdict/attribution.js';
import { report, type Findings, type RehearsalReport } from './verdict/report.js';

/** Hears what happens while it happens. */
export interface Audience {
  event?(event: PodEvent): void;
  /** A line that a pod printed. */
  output?(pod: string, line: string): void;
  /** The streams so far, as live objects; called once, before the load begins. */
  streams?(streams: () => readonly Stream[]): void;
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
  readonly #clock: Clock = systemClock();
  readonly #journal: Journal;
  readonly #over = new AbortController();
  readonly #stopped: AbortSignal;
  readonly #endpoints: Endpoints;
  readonly #rollout: Rollout;
  readonly #loads: Load[] = [];
  #balancer: Balancer | undefined;
  readonly #budget: Budget = { left: 0 };
  #podCount = 0;
  #streamCount = 0;

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
      { ...plan, gracePeriod },
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
    if (!this.#stopped.aborted) await preflight(this.plan.loads, balancer.port, this.#stopped);
    this.#startLoads(balancer.port);
    await this.#clock.sleep(this.plan.warmup, this.#stopped);
    await this.#rollout.roll();
    const ranDry = this.#budget.left === 0;
    await this.#settle();
    await Promise.all(this.#loads.map((load) => load.stop()));
    return this.#report(balancer, { stoppedAtLimit: limit.aborted, ranDry });
  }

  async stop(): Promise<void> {
    this.#journal.end();
    this.#over.abort();
    await Promise.all(this.#loads.map((load) => load.stop()));
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
    if (balancer === 'embedded') return EmbeddedBalancer.open(this.#endpoints, this.#clock);
    return HaproxyBalancer.open(this.#endpoints, this.#clock, balancer, replicas * 2);
  }

  #startLoads(port: number): void {
    const { loads, recognition, maxStreams, warmup } = this.plan;
    this.#budget.left = maxStreams;
    for (const plan of loads) {
      const create = () => clientFor(plan, port, recognition, this.#clock);
      const nextId = () => (this.#streamCount += 1);
      this.#loads.push(new Load(plan, create, this.#clock, this.#budget, nextId));
    }
    this.audience.streams?.(() => this.#streams());
    for (const load of this.#loads) load.start(warmup / 2);
  }

  /** Lets what runs end, and what was broken off come back, within the plan's bound. */
  async #settle(): Promise<void> {
    const deadline = this.#clock.now() + this.plan.settle;
    for (const load of this.#loads) load.stopOpening();
    const pending = () => this.#loads.some((load) => load.pending() > 0);
    while (pending() && this.#clock.now() < deadline && !this.#stopped.aborted) {
      await this.#clock.sleep(50, this.#stopped);
    }
  }

  #streams(): Stream[] {
    return this.#loads.flatMap((load) => load.streams).sort((a, b) => a.id - b.id);
  }

  #report(balancer: Balancer, end: Pick<Findings, 'stoppedAtLimit' | 'ranDry'>): RehearsalReport {
    const streams = this.#streams();
    const { pod, streamLength } = this.plan;
    return report({
      date: this.#date,
      command: pod.command,
      duration: this.#clock.now(),
      ...end,
      events: this.#journal.events,
      streams,
      connections: attribute(streams, balancer),
      gracePeriod: pod.gracePeriod,
      streamLength,
    });
  }
}
