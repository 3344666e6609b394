import { type Clock } from '../clock.js';
import { type Journal } from '../journal.js';
import { type Platform } from '../platform/platforms.js';
import { type Endpoints } from './endpoints.js';
import { terminate, type Container, type TerminationPlan } from './kubelet.js';

/** A pod as the Deployment controller sees it. */
export interface Pod extends Container {
  readonly port: number;
  ready(signal: AbortSignal): Promise<void>;
  watchReadiness(changed: (ready: boolean) => void): Promise<void>;
}

export interface RolloutPlan
  extends TerminationPlan, Pick<Platform, 'traffic' | 'lead' | 'startFirst'> {
  /** Crash the old pods (SIGKILL) instead of deleting them. */
  readonly crash: boolean;
}

/** Replaces pods as the platform does; in Kubernetes with maxSurge 1 and maxUnavailable 0. */
export class Rollout {
  readonly pods: Pod[] = [];

  constructor(
    private readonly create: () => Promise<Pod>,
    private readonly endpoints: Endpoints,
    private readonly plan: RolloutPlan,
    private readonly clock: Clock,
    private readonly journal: Journal,
    private readonly stopped: AbortSignal,
  ) {}

  /** Starts the first generation, all at once, and resolves when each is ready. */
  async start(replicas: number): Promise<void> {
    const started = Array.from({ length: replicas }, async () => {
      const pod = await this.#ready();
      if (!this.stopped.aborted) this.endpoints.addNow({ pod: pod.name, port: pod.port });
    });
    await Promise.all(started);
  }

  /** Replaces every pod of the first generation. Resolves when all old pods are gone. */
  async roll(): Promise<void> {
    const gone: Promise<void>[] = [];
    for (const old of [...this.pods]) {
      if (this.plan.startFirst || this.plan.crash) {
        // The old one is deleted the moment the new one is ready; the next does not wait for its end.
        await this.#replace();
        if (this.stopped.aborted) break;
        gone.push(this.#end(old));
      } else {
        await this.#end(old);
        if (this.stopped.aborted) break;
        await this.#replace();
      }
    }
    await Promise.all(gone);
  }

  /** Kills every pod that still runs; resolves when all are gone. */
  async stop(): Promise<void> {
    this.kill();
    await Promise.all(this.pods.map((pod) => pod.exited));
  }

  kill(): void {
    for (const pod of this.pods) pod.kill();
  }

  async #replace(): Promise<void> {
    const pod = await this.#ready();
    if (this.stopped.aborted) return;
    if (this.plan.traffic !== 'never') this.endpoints.add({ pod: pod.name, port: pod.port });
    else this.endpoints.addNow({ pod: pod.name, port: pod.port });
  }

  async #ready(): Promise<Pod> {
    const pod = await this.create();
    this.pods.push(pod);
    if (this.stopped.aborted) pod.kill();
    void pod.exited.then(() => this.endpoints.remove(pod.name));
    await pod.ready(this.stopped);
    void pod.watchReadiness((ready) => this.endpoints.setReady(pod.name, ready));
    return pod;
  }

  #end(pod: Pod): Promise<void> {
    return this.plan.crash ? this.#crash(pod) : this.#delete(pod);
  }

  async #delete(pod: Pod): Promise<void> {
    this.journal.write(pod.name, 'deleted');
    const { traffic, lead } = this.plan;
    const removed =
      traffic === 'never' ? Promise.resolve() : this.endpoints.setTerminating(pod.name);
    if (traffic === 'first') {
      await removed;
      await this.clock.sleep(lead, this.stopped);
    }
    await terminate(pod, this.plan, this.clock, this.journal);
    // Clients may meet the pod's absence until the proxy knows of it: the rollout is not over before.
    await removed;
  }

  async #crash(pod: Pod): Promise<void> {
    this.journal.write(pod.name, 'sigkill', 'crashed on request');
    pod.kill();
    await pod.exited;
    await this.endpoints.remove(pod.name);
  }
}
