/** A point in a handler that a test watches and opens. */
export class Gate<T = void> {
  /** Resolves when the handler has come to the gate. */
  readonly reached: Promise<void>;
  readonly #opened: Promise<T>;
  #arrive!: () => void;
  #open!: (value: T) => void;

  constructor() {
    this.reached = new Promise((resolve) => (this.#arrive = resolve));
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  /** For the handler: waits here. */
  pass(): Promise<T> {
    this.#arrive();
    return this.#opened;
  }

  /** For the test: lets the handler go on, with this answer. */
  open(value: T): void {
    this.#open(value);
  }
}
