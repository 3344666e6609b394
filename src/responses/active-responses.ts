import { Injectable } from '@nestjs/common';
import { ShutdownService, type OpenStream } from 'nestjs-drain';

/** The responses that are being streamed from here: no other stream of the service, and no JSON answer. */
@Injectable()
export class ActiveResponses {
  readonly #open = new Set<object>();

  constructor(shutdown: ShutdownService) {
    shutdown.events.subscribe((event) => {
      if (event.type === 'released') this.#open.delete(event.stream);
    });
  }

  get size(): number {
    return this.#open.size;
  }

  add(stream: OpenStream): void {
    if (!stream.isReleased) this.#open.add(stream);
  }
}
