import { EventStream } from './event-stream.js';
import type { Answerer, HttpStream } from './http-stream.js';
import { noEvents } from './no-events.js';

/**
 * The answer to a HEAD of a resumable route: the status and headers of the GET. The handler does not run, because its
 * events would go to no client, and nothing is logged, because a HEAD is safe (RFC 9110, section 9.2.1).
 */
export class HeadAnswer implements Answerer {
  constructor(readonly stream: HttpStream) {}

  answer(): unknown {
    return EventStream.observe(this.stream, noEvents);
  }
}
