/**
 * The end that the drain decides for a stream. It comes at most once, and is remembered for a handler
 * that answers after it. Every open stream holds one, so it is smaller than a Subject.
 */
export class CancelSubject {
  #isCancelled = false;
  #listeners: readonly CancelListener[] = none;

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Whether something will end the stream when it is cancelled now. */
  get isObserved(): boolean {
    return this.#listeners.length > 0;
  }

  /** Calls back once, or at once where it is decided. Returns a function that removes the listener. */
  subscribe(onCancel: () => void): () => void {
    const listener = { onCancel };
    this.add(listener);
    return () => this.remove(listener);
  }

  /** As `subscribe`, without the closures: for what is held by every open stream. */
  add(listener: CancelListener): void {
    if (this.#isCancelled) listener.onCancel();
    else this.#listeners = [...this.#listeners, listener];
  }

  remove(listener: CancelListener): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }

  cancel(): void {
    this.#isCancelled = true;
    for (const listener of this.#listeners) listener.onCancel();
    this.#listeners = none;
  }
}

export interface CancelListener {
  onCancel(): void;
}

const none: readonly never[] = [];
