/** Where a client wants to go on: behind event `after` of stream `id`. */
export interface StreamPosition {
  readonly id: string;
  readonly after: number;
  /** Of that event's owner: with it the log knows whether it still holds the event that the client has seen. */
  readonly epoch: number | undefined;
  /** The client knows the stream by its key, and not whether there is one. */
  readonly isKeyed?: boolean;
}

/** The parts of a request that may say where its client stands. */
export interface PositionedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly url?: string | undefined;
}

/**
 * The `id:` of a resumable stream's events: a client that comes back names the stream, the history and the place at
 * once. Clients take the digits behind the last colon for the event's number.
 */
export function eventId({ id, after, epoch }: StreamPosition): string {
  return epoch === undefined ? `${id}:${after}` : `${id}:${epoch.toString(36)}:${after}`;
}

const nowhere = { id: '', after: -1, epoch: undefined };

/**
 * Read from `Last-Event-ID`, or from `?resume=<stream>&starting_after=<sequence>`. Undefined for a request that
 * wants a new stream; a malformed position is treated as one of an unknown stream.
 */
export function positionOf({ headers, url }: PositionedRequest): StreamPosition | undefined {
  const header = headers['last-event-id'];
  if (typeof header === 'string' && header !== '') {
    const [, id, epoch, sequence] =
      /^(.+?)(?::([0-9a-z]{1,11}))?:(-1|\d{1,15})$/.exec(header) ?? [];
    if (id === undefined) return nowhere;
    return { id, after: Number(sequence), epoch: epoch ? parseInt(epoch, 36) : undefined };
  }
  const query = new URLSearchParams(url?.split('?')[1]);
  const id = query.get('resume');
  if (id === null) return undefined;
  const after = query.get('starting_after') ?? '-1';
  return /^(-1|\d{1,15})$/.test(after) ? { id, after: Number(after), epoch: undefined } : nowhere;
}
