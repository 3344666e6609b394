export interface InFlightOptions {
  /** Whether the drain waits for work that comes after it has closed, too. */
  readonly awaitsLateWork: boolean;
}

/**
 * Work that is counted but never refused: plain requests, message handlers, background tasks.
 * After `close()` it waits for what was there. What comes later is still done; whether it is also
 * waited for is the owner's choice, because endless late work would hold the drain until its deadline.
 */
export class InFlight {
  readonly #working = new Set<object>();
  readonly #sources: (() => Iterable<object>)[] = [];
  readonly #idle = new IdleGate();
  #awaited: Set<object> | undefined;
  readonly #excused = new WeakSet<object>();
  /** Of the work that is looked for. */
  readonly #left = new WeakSet<object>();

  constructor(
    /** What the report calls this work. */
    readonly name: string,
    private readonly options: InFlightOptions,
  ) {}

  get size(): number {
    return this.#working.size + this.#found().length;
  }

  /** Whether a drain waits, or has waited, for what was there. */
  get isClosed(): boolean {
    return this.#awaited !== undefined;
  }

  get isSettled(): boolean {
    return this.#awaited?.size === 0;
  }

  /** What the drain still waits for. */
  get unfinished(): number {
    return this.#awaited?.size ?? this.size;
  }

  /** The pieces of `unfinished`, as their owner has entered them. */
  get awaited(): readonly object[] {
    return [...(this.#awaited ?? [...this.#working, ...this.#found()])];
  }

  /**
   * Work that its owner knows anyway, and that is looked for only where it matters: to tell of each piece would cost
   * every request (law 9). From `close()` until `reopen()` the owner enters and leaves it like all other work.
   * @param source what is under way now
   */
  askFor(source: () => Iterable<object>): void {
    this.#sources.push(source);
  }

  /** @param isAwaited whether the drain waits for this work even if it comes late. */
  enter(work: object, isAwaited = this.options.awaitsLateWork): void {
    this.#working.add(work);
    if (isAwaited) this.#awaited?.add(work);
  }

  /** The work is done, or turned out not to be work (a probe, a stream). Leaving twice counts once. */
  leave(work: object): void {
    if (this.#sources.length > 0) this.#left.add(work);
    this.#working.delete(work);
    if (this.#awaited?.delete(work) && this.isSettled) this.#idle.notify();
  }

  /**
   * Counts until the work is settled. The promise it returns has the work's own result or error: a
   * caller that does not handle the error hears of it as of any other unhandled rejection.
   */
  async track<T>(running: T | PromiseLike<T>): Promise<T> {
    const work = {};
    this.enter(work);
    try {
      return await running;
    } finally {
      this.leave(work);
    }
  }

  /**
   * The work itself waits for the end of the drain: it stays counted, and the drain does not wait for
   * it, because each would wait for the other.
   */
  excuse(work: object): void {
    this.#excused.add(work);
    if (this.#awaited?.delete(work) && this.isSettled) this.#idle.notify();
  }

  close(): void {
    for (const work of this.#found()) this.#working.add(work);
    this.#awaited = new Set([...this.#working].filter((work) => !this.#excused.has(work)));
    if (this.isSettled) this.#idle.notify();
  }

  reopen(): void {
    this.#awaited = undefined;
    for (const work of this.#found()) this.#working.delete(work);
  }

  /** What the sources have of it, while nothing is closed. */
  #found(): object[] {
    if (this.isClosed) return [];
    const all = this.#sources.flatMap((source) => [...source()]);
    return all.filter((work) => !this.#left.has(work));
  }

  /** Resolves once it is closed and nothing awaited is left. */
  whenEmpty(): Promise<void> {
    return this.isSettled ? Promise.resolve() : this.#idle.whenIdle();
  }
}

/** The moment in which nothing is left. Many callers may wait for it; it costs nothing until one does. */
export class IdleGate {
  #promise: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  whenIdle(): Promise<void> {
    this.#promise ??= new Promise((resolve) => (this.#resolve = resolve));
    return this.#promise;
  }

  notify(): void {
    this.#resolve?.();
    this.#promise = this.#resolve = undefined;
  }
}
