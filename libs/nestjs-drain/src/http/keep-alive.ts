import type { Drain } from '../core/drain.js';
import type { Connection } from './connection.js';
import type { Timers } from './timers.js';

/**
 * Milliseconds for which a client that has just connected, or just had an answer, may send a request
 * before the drain ends and before its connection gets a FIN (PROTOCOL.md, Connections).
 */
export const settle = 250;

/** Milliseconds for which a promised connection may stay silent while draining before it gets a FIN. */
export const patience = 1_000;

/**
 * Law 11: no connection is closed on a client that was promised keep-alive and not notified. Such a
 * connection is *promised* from the moment the draining begins until its next request, whose answer
 * notifies the client, or until it was silent for long enough.
 */
export class KeepAlive {
  constructor(
    private readonly drain: Drain,
    private readonly timers: Timers,
  ) {}

  /** The draining begins. */
  promise(connection: Connection): void {
    connection.isPromised = !connection.isNotified;
    this.rest(connection);
  }

  /** There is nothing to answer: the client may ask once more, before the drain ends and before the FIN. */
  rest(connection: Connection): void {
    if (!connection.isIdle || !connection.isPromised) return;
    const { idleSince } = connection;
    // Behind the deadline no client is waited for.
    const settled = Math.min(idleSince + settle, this.drain.deadline ?? 0);
    const now = this.timers.now();
    if (settled > now) {
      this.drain.connections.enter(connection);
      this.timers.at(settled, () => this.drain.connections.leave(connection));
    }
    this.timers.at(now + patience, () => {
      if (connection.idleSince === idleSince) this.expire(connection);
    });
  }

  /** The client has been silent for long enough. */
  expire(connection: Connection): void {
    if (!connection.isIdle || !connection.isPromised) return;
    this.release(connection);
    connection.end();
  }

  /** Its request has come, its client has left, or the drain was reset. */
  release(connection: Connection): void {
    connection.isPromised = false;
    this.drain.connections.leave(connection);
  }
}
