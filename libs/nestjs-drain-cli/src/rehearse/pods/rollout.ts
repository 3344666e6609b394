import { type Clock } from '../clock.js';
import { type Journal } from '../journal.js';
import { type Endpoints } from './endpoints.js';
import { terminate, type Container, type TerminationPlan } from './kubelet.js';

/** A pod as the Deployment controller sees it. */
export interface Pod extends Container {
  readonly port: number;
  ready(signal: AbortSignal): Promise<void>;
  watchReadiness(changed: (ready: boolean) => void): Promise<void>;
}

export interface RolloutPlan extends TerminationPlan {
  /** Crash the old pods (SIGKILL) instead of deleting them. */
  readonly crash: boolean;
}

/** A Deployment with maxSurge 1 and maxUnavailable 0. */
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

  /**
   * Replaces every pod of the first generation. Each is deleted the moment its replacement is ready;
   * the next replacement does not wait for it to be gone. Resolves when all old pods are gone.
   */
  async roll(): Promise<void> {
    const gone: Promise<void>[] = [];
    for (const old of [...this.pods]) {
      const replacement = await this.#ready();
      if (this.stopped.aborted) break;
      this.endpoints.add({ pod: replacement.name, port: replacement.port });
      gone.push(this.plan.crash ? this.#crash(old) : this.#delete(old));
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

  async #ready(): Promise<Pod> {
    const pod = await this.create();
    this.pods.push(pod);
    if (this.stopped.aborted) pod.kill();
    void pod.exited.then(() => this.endpoints.remove(pod.name));
    await pod.ready(this.stopped);
    void pod.watchReadiness((ready) => this.endpoints.setReady(pod.name, ready));
    return pod;
  }

  async #delete(pod: Pod): Promise<void> {
    this.journal.write(pod.name, 'deleted');
    const removed = this.endpoints.setTerminating(pod.name);
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
