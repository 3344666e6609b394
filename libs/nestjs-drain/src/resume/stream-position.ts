import type { IncomingMessage } from 'node:http';

/** Where a client wants to go on: behind event `after` of stream `id`. */
export interface StreamPosition {
  readonly id: string;
  readonly after: number;
}

/** The `id:` of a resumable stream's events: a client that comes back names the stream and the place at once. */
export function eventId(id: string, sequence: number): string {
  return `${id}:${sequence}`;
}

/**
 * Read from `Last-Event-ID`, or from `?resume=<stream>&starting_after=<sequence>`. Undefined for a request that
 * wants a new stream; a position that is no position of ours is one of a stream nobody knows.
 */
export function positionOf({ headers, url }: IncomingMessage): StreamPosition | undefined {
  const header = headers['last-event-id'];
  if (typeof header === 'string' && header !== '') {
    const [, id, sequence] = /^(.+):(-1|\d{1,15})$/.exec(header) ?? [];
    return { id: id ?? '', after: Number(sequence ?? -1) };
  }
  const query = new URLSearchParams(url?.split('?')[1]);
  const id = query.get('resume');
  if (id === null) return undefined;
  const after = query.get('starting_after') ?? '-1';
  return /^(-1|\d{1,15})$/.test(after) ? { id, after: Number(after) } : { id: '', after: -1 };
}
