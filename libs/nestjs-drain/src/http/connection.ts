import type { ServerResponse } from 'node:http';

/** One client connection: the answers under way on it, and how it ends without losing any. */
export abstract class Connection {
  /** In the order in which their requests came. */
  readonly answers = new Set<ServerResponse>();

  get isIdle(): boolean {
    return this.answers.size === 0;
  }

  /** Whether the client knows that it should leave, and may do so at any moment. */
  get isTold(): boolean {
    return false;
  }

  begin(response: ServerResponse): void {
    this.answers.add(response);
  }

  finish(response: ServerResponse): void {
    this.answers.delete(response);
  }

  /** The process is shutting down: the client is told to open its next connection elsewhere. */
  abstract announceClose(): void;
  /** From now on streams are refused, and another request on this connection might be one. */
  noMore(): void {
    // Most kinds of connection have said at the last call all there is to say.
  }

  /** Nothing more is wanted of this client. What it has under way still leaves. */
  abstract end(): void;
  /** Breaks it off: what is under way is lost, and must look lost. */
  abstract destroy(): void;
}
