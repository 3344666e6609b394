import { type Clock } from '../clock.js';
import { type Journal } from '../journal.js';

/** Where new connections may go. */
export interface Endpoint {
  readonly pod: string;
  readonly port: number;
}

interface Entry extends Endpoint {
  ready: boolean;
  terminating: boolean;
}

/**
 * The Service's endpoints as the node's proxy sees them: every change arrives `propagation`
 * milliseconds late, and only new connections ask.
 */
export class Endpoints {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(routable: Endpoint[]) => void>();

  constructor(
    private readonly clock: Clock,
    private readonly journal: Journal,
    private readonly propagation: number,
    private readonly stopped: AbortSignal,
  ) {}

  /** Adds a ready pod, at once: for those that stand before the rehearsal begins. */
  addNow(endpoint: Endpoint): void {
    this.#put(endpoint);
    this.#tell();
  }

  add(endpoint: Endpoint): void {
    void this.#later(() => {
      this.#put(endpoint);
      this.journal.write(endpoint.pod, 'endpointAdded');
    });
  }

  setReady(pod: string, ready: boolean): void {
    void this.#later(() => {
      const entry = this.#entries.get(pod);
      if (entry) entry.ready = ready;
    });
  }

  /**
   * The pod is deleted: no new connections, unless only deleted pods that are still ready are left.
   * Resolves when the proxy has learnt of it.
   */
  setTerminating(pod: string): Promise<void> {
    return this.#later(() => {
      const entry = this.#entries.get(pod);
      if (!entry) return;
      entry.terminating = true;
      this.journal.write(pod, 'endpointRemoved');
    });
  }

  /** The pod is gone. Resolves when the proxy has learnt of it. */
  remove(pod: string): Promise<void> {
    return this.#later(() => {
      const entry = this.#entries.get(pod);
      this.#entries.delete(pod);
      if (entry && !entry.terminating) this.journal.write(pod, 'endpointRemoved');
    });
  }

  /** The pods that new connections are spread over now. */
  routable(): Endpoint[] {
    const ready = [...this.#entries.values()].filter((entry) => entry.ready);
    const staying = ready.filter((entry) => !entry.terminating);
    return staying.length > 0 ? staying : ready;
  }

  /** Calls `listener` now and after every change that the proxy has learnt of. */
  follow(listener: (routable: Endpoint[]) => void): void {
    this.#listeners.add(listener);
    listener(this.routable());
  }

  #put(endpoint: Endpoint): void {
    this.#entries.set(endpoint.pod, { ...endpoint, ready: true, terminating: false });
  }

  async #later(change: () => void): Promise<void> {
    await this.clock.sleep(this.propagation, this.stopped);
    if (this.stopped.aborted) return;
    change();
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.routable());
  }
}
