import { availableParallelism } from 'node:os';
import { Helper } from '../children/helper.js';
import { type Stall } from '../children/lateness.js';
import { fates, type Fate } from '../verdict/fate.js';
import {
  type ClientsOrder,
  type ClientsWord,
  type LoadStatus,
  type Share,
} from './clients-process.js';
import { type LoadPlan } from './load-plan.js';
import { type Stream } from './stream.js';

/** One process reads about so many streams at a time. */
const clientsPerProcess = 500;

export type CrowdPlan = Omit<Share, 'index' | 'of'>;

/** All clients, spread over processes of their own. */
export class Crowd {
  readonly #helpers: Helper<ClientsOrder, ClientsWord>[];
  readonly #status = new Map<number, LoadStatus>();

  private constructor(count: number) {
    this.#helpers = Array.from({ length: count }, (_, index) => {
      const helper = new Helper<ClientsOrder, ClientsWord>('../load/clients-process.js');
      helper.hear(({ status }) => status && this.#status.set(index, status));
      return helper;
    });
  }

  /** Starts the processes and their clients. */
  static async start(plan: CrowdPlan): Promise<Crowd> {
    const clients = plan.loads.reduce((sum, load) => sum + load.clients, 0);
    const most = Math.max(availableParallelism() - 1, 1);
    const of = Math.min(Math.max(Math.ceil(clients / clientsPerProcess), 1), most);
    const crowd = new Crowd(of);
    try {
      await crowd.#askAll(
        (index) => ({ start: { ...plan, loads: shareOf(plan.loads, index, of), index, of } }),
        ({ started }) => started,
      );
      return crowd;
    } catch (error) {
      await crowd.close();
      throw error;
    }
  }

  /** How the streams stand, as far as it was heard. */
  status(): LoadStatus {
    const all = [...this.#status.values()];
    const sum = (of: (status: LoadStatus) => number) =>
      all.reduce((total, status) => total + of(status), 0);
    const ended = Object.fromEntries(fates.map((fate) => [fate, sum((one) => one.ended[fate])]));
    return { open: sum(({ open }) => open), ended: ended as Record<Fate, number> };
  }

  /** Opens no streams any more; resolves when all have ended, after `bound` milliseconds at the latest. */
  async settle(bound: number, stopped: AbortSignal): Promise<{ readonly ranDry: boolean }> {
    const hurry = () => {
      for (const helper of this.#helpers) helper.tell({ settle: 0 });
    };
    stopped.addEventListener('abort', hurry);
    const all = await this.#askAll(
      () => ({ settle: bound }),
      ({ settled }) => settled,
    );
    stopped.removeEventListener('abort', hurry);
    return { ranDry: all.some(({ ranDry }) => ranDry) };
  }

  /** Closes what is still open and resolves what the clients saw. */
  async end(): Promise<{ readonly streams: Stream[]; readonly stalls: readonly Stall[] }> {
    const all = await this.#askAll(
      () => ({ end: true }),
      ({ end }) => end,
    );
    const streams = all.flatMap((one) => one.streams).sort((a, b) => a.id - b.id);
    return { streams, stalls: all.flatMap(({ stalls }) => stalls) };
  }

  async close(): Promise<void> {
    await Promise.all(this.#helpers.map((helper) => helper.close()));
  }

  #askAll<Answer>(
    order: (index: number) => ClientsOrder,
    answers: (word: ClientsWord) => Answer | undefined,
  ): Promise<Answer[]> {
    return Promise.all(this.#helpers.map((helper, index) => helper.ask(order(index), answers)));
  }
}

function shareOf(loads: readonly LoadPlan[], index: number, of: number): LoadPlan[] {
  return loads.map((load) => ({ ...load, clients: Math.ceil((load.clients - index) / of) }));
}
