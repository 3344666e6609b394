/**
 * The end that the drain decides for a stream. It comes at most once, and is remembered for a handler
 * that answers after it. Every open stream holds one, so it is smaller than a Subject, and its fields are as those of `Stream`.
 */
export class CancelSubject {
  private isDecided = false;
  /** One that is alone stands for itself: nearly every stream has just one, and V8 gives an array room for 17. */
  private listeners: CancelListener | readonly CancelListener[] = none;

  get isCancelled(): boolean {
    return this.isDecided;
  }

  /** Whether something will end the stream when it is cancelled now. */
  get isObserved(): boolean {
    return this.listeners !== none;
  }

  /** Calls back once, or at once where it is decided. Returns a function that removes the listener. */
  subscribe(onCancel: () => void): () => void {
    const listener = { onCancel };
    this.add(listener);
    return () => this.remove(listener);
  }

  /** As `subscribe`, without the closures: for what is held by every open stream. */
  add(listener: CancelListener): void {
    if (this.isDecided) listener.onCancel();
    else this.listeners = this.isObserved ? [...asList(this.listeners), listener] : listener;
  }

  remove(listener: CancelListener): void {
    const all = this.listeners;
    const others = all === listener ? none : asList(all).filter((other) => other !== listener);
    this.listeners = others.length === 0 ? none : others;
  }

  cancel(): void {
    const listeners = this.listeners;
    this.isDecided = true;
    for (const listener of asList(listeners)) listener.onCancel();
    this.listeners = none;
  }
}

export interface CancelListener {
  onCancel(): void;
}

const none: readonly never[] = [];

function asList(listeners: CancelListener | readonly CancelListener[]): readonly CancelListener[] {
  return 'onCancel' in listeners ? [listeners] : listeners;
}
