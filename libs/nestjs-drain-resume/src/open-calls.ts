/** A call that is waited for carries its place among the others. `OpenCalls` alone changes the two. */
export abstract class OpenCall {
  before: OpenCall | undefined;
  behind: OpenCall | undefined;

  constructor(
    /** The clock's ms. */
    readonly asked: number,
  ) {}

  abstract fail(error: unknown): void;
}

/**
 * The calls that are waited for, in the order in which they were made. No Set: where calls come and go, V8 makes new
 * tables for it again and again, the old one points to the new one, and so the first that grew old keeps all that follow,
 * with their calls, until the next full collection.
 */
export class OpenCalls {
  #first: OpenCall | undefined;
  #last: OpenCall | undefined;

  /** The one that was made before all others. */
  get first(): OpenCall | undefined {
    return this.#first;
  }

  /** @param call stands here not yet */
  add(call: OpenCall): void {
    call.before = this.#last;
    if (this.#last) this.#last.behind = call;
    else this.#first = call;
    this.#last = call;
  }

  /** @returns whether it stood here */
  delete(call: OpenCall): boolean {
    const { before, behind } = call;
    if (!before && this.#first !== call) return false;
    if (before) before.behind = behind;
    else this.#first = behind;
    if (behind) behind.before = before;
    else this.#last = before;
    call.before = call.behind = undefined;
    return true;
  }
}
