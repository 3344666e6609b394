interface PendingEvent {
  readonly payload: string;
  readonly bytes: number;
  resolve(sequence: number): void;
  reject(error: Error): void;
}

/** The events of one stream that wait to be logged, in order. */
export class PendingEvents {
  #events: PendingEvent[] = [];
  #bytes = 0;

  get length(): number {
    return this.#events.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves with the event's sequence once it is logged. */
  add(payload: string): Promise<number> {
    const bytes = Buffer.byteLength(payload);
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#events.push({ payload, bytes, resolve, reject });
    });
  }

  first(count: number): readonly string[] {
    return this.#events.slice(0, count).map((event) => event.payload);
  }

  /** The first `count` events are logged, from sequence `first` on. */
  logged(count: number, first: number): void {
    for (const [index, event] of this.#events.splice(0, count).entries()) {
      this.#bytes -= event.bytes;
      event.resolve(first + index);
    }
  }

  rejectAll(error: Error): void {
    for (const event of this.#events) event.reject(error);
    this.#events = [];
    this.#bytes = 0;
  }
}
