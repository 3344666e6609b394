import { Injectable } from '@nestjs/common';
import type { ResponseBody } from './response-event.js';
import { ResponseRun } from './response-run.js';

/** How many ended responses can still be asked for. */
const KEPT_RESPONSES = 200;

/** The responses this process knows: every running one and the last ended ones. */
@Injectable()
export class ResponseDirectory {
  readonly #running = new Map<string, ResponseRun>();
  readonly #ended = new Map<string, ResponseRun>();

  /** Opens a response; it stays known after its end until newer ones push it out. */
  open(head: ResponseBody, signal: AbortSignal): ResponseRun {
    const run = new ResponseRun(head, { signal, onEnd: (ended) => this.#retire(ended) });
    // A caller that left before this line has ended its response already.
    if (!this.#ended.has(run.id)) this.#running.set(run.id, run);
    return run;
  }

  find(id: string): ResponseRun | undefined {
    return this.#running.get(id) ?? this.#ended.get(id);
  }

  /** The newest response whose metadata has this pair, running ones first. */
  findByMetadata(key: string, value: string): ResponseRun | undefined {
    const isMatch = (run: ResponseRun) => run.metadata[key] === value;
    return (
      [...this.#running.values()].findLast(isMatch) ?? [...this.#ended.values()].findLast(isMatch)
    );
  }

  #retire(run: ResponseRun): void {
    this.#running.delete(run.id);
    this.#ended.set(run.id, run);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > KEPT_RESPONSES && oldest !== undefined) this.#ended.delete(oldest);
  }
}
