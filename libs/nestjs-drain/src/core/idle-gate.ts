/** The moment in which nothing is left. Many may wait for it; it costs nothing until somebody does. */
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
