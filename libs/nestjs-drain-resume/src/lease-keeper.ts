import { type Clock, systemClock } from './clock.js';
import type { LeaseRefused, ResumeStore } from './store.js';

/** Hears what becomes of a lease. */
export interface LeaseListener {
  /** The stream is not ours any more: stop, and write nothing. Told once; the lease is not kept further. */
  lost(reason: LeaseRefused['outcome']): void;
  /** A caller asked to cancel the stream. May be called more than once. */
  cancelRequested(): void;
}

export interface KeptLease {
  /** An append has extended the lease: the next renewal can be skipped. */
  extended(): void;
  stop(): void;
}

export interface LeaseKeeperOptions {
  /** Seconds, as the streams were created with. Renewed three times within it. */
  lease: number;
  clock?: Clock;
  /** A renewal the store did not answer. It is repeated with the next round. */
  onError?: (error: unknown) => void;
}

interface Lease {
  readonly id: string;
  readonly epoch: number;
  readonly listener: LeaseListener;
  fresh: boolean;
  renewing: boolean;
}

/** Renews the leases of all streams this process owns, with one timer that is armed only while there are any. */
export class LeaseKeeper {
  readonly #leases = new Set<Lease>();
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #onError: (error: unknown) => void;
  #disarm: (() => void) | undefined;

  constructor(
    private readonly store: Pick<ResumeStore, 'renew'>,
    { lease, clock = systemClock, onError = () => undefined }: LeaseKeeperOptions,
  ) {
    this.#interval = (lease * 1000) / 3;
    this.#clock = clock;
    this.#onError = onError;
  }

  get size(): number {
    return this.#leases.size;
  }

  keep(id: string, epoch: number, listener: LeaseListener): KeptLease {
    const lease: Lease = { id, epoch, listener, fresh: true, renewing: false };
    this.#leases.add(lease);
    this.#arm();
    return {
      extended: () => {
        lease.fresh = true;
      },
      stop: () => this.#forget(lease),
    };
  }

  #arm(): void {
    this.#disarm ??= this.#clock.schedule(this.#interval, () => {
      this.#disarm = undefined;
      this.#round();
      if (this.#leases.size > 0) this.#arm();
    });
  }

  #round(): void {
    for (const lease of this.#leases) {
      if (lease.fresh) lease.fresh = false;
      else if (!lease.renewing) void this.#renew(lease);
    }
  }

  async #renew(lease: Lease): Promise<void> {
    lease.renewing = true;
    try {
      const result = await this.store.renew(lease.id, lease.epoch);
      if (!this.#leases.has(lease)) return;
      if (result.outcome !== 'renewed') {
        this.#forget(lease);
        lease.listener.lost(result.outcome);
      } else if (result.cancelRequested) lease.listener.cancelRequested();
    } catch (error) {
      this.#onError(error);
    } finally {
      lease.renewing = false;
    }
  }

  #forget(lease: Lease): void {
    this.#leases.delete(lease);
    if (this.#leases.size > 0) return;
    this.#disarm?.();
    this.#disarm = undefined;
  }
}
