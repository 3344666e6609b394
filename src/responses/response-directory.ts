import { Injectable } from '@nestjs/common';
import type { ResponseBody } from './response-event.js';
import { ResponseRun, type ResponseRunOptions } from './response-run.js';

/** How many ended responses can still be asked for. */
const KEPT_RESPONSES = 200;

/** The responses this process knows: every running one and the last ended ones. */
@Injectable()
export class ResponseDirectory {
  readonly #running = new Map<string, ResponseRun>();
  readonly #ended = new Map<string, ResponseRun>();

  /** Opens a response; it stays known after its end until newer ones push it out. */
  open(
    head: ResponseBody,
    signal: AbortSignal,
    options: Pick<ResponseRunOptions, 'principal' | 'continuation'>,
  ): ResponseRun {
    const onEnd = (ended: ResponseRun) => this.#retire(ended);
    const run = new ResponseRun(head, { ...options, signal, onEnd });
    // A caller that left before this line has ended its response already.
    if (!this.#ended.has(run.id)) this.#running.set(run.id, run);
    return run;
  }

  find(id: string, principal: string): ResponseRun | undefined {
    const run = this.#running.get(id) ?? this.#ended.get(id);
    return run?.principal === principal ? run : undefined;
  }

  /** The caller's newest response whose metadata has this pair, running ones first. */
  findByMetadata(key: string, value: string, principal: string): ResponseRun | undefined {
    const isMatch = (run: ResponseRun) =>
      run.metadata[key] === value && run.principal === principal;
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
