/** Where a client wants to go on: behind event `after` of stream `id`. */
export interface StreamPosition {
  readonly id: string;
  readonly after: number;
  /** Of that event's owner: with it the log knows whether it still holds the event that the client has seen. */
  readonly epoch: number | undefined;
  /** The life of the log that the client was promised. */
  readonly incarnation?: string | undefined;
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
export function eventId({ id, after, epoch, incarnation }: StreamPosition): string {
  const history =
    after === -1 ? incarnation && encodeURIComponent(incarnation) : epoch?.toString(36);
  return `${prefixOf(id, history)}${after}`;
}

function prefixOf(id: string, history: string | undefined): string {
  return history === undefined ? `${id}:` : `${id}:${history}:`;
}

/** The `id:` of each event of one stream. What all events of an owner have in common is written once. */
export class EventIds {
  #epoch: number | undefined;
  #prefix = '';

  constructor(private readonly id: string) {}

  of(sequence: number, epoch: number): string {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#prefix = prefixOf(this.id, epoch.toString(36));
    }
    return `${this.#prefix}${sequence}`;
  }
}

const nowhere = { id: '', after: -1, epoch: undefined };

/**
 * Read from `Last-Event-ID`, or from `?resume=<stream>&starting_after=<sequence>`, to which
 * `&incarnation=` may add the life of the log. Undefined for a request that
 * wants a new stream; a malformed position is treated as one of an unknown stream.
 */
export function positionOf({ headers, url }: PositionedRequest): StreamPosition | undefined {
  const header = headers['last-event-id'];
  if (typeof header === 'string' && header !== '') {
    return behindEvent(header) ?? nowhere;
  }
  const query = new URLSearchParams(url?.split('?')[1]);
  const id = query.get('resume');
  if (id === null) return undefined;
  const after = query.get('starting_after') ?? '-1';
  if (!/^(-1|\d{1,15})$/.test(after)) return nowhere;
  const incarnation = query.get('incarnation') ?? undefined;
  return { id, after: Number(after), epoch: undefined, incarnation };
}

const eventIds = /^(.+?)(?::([0-9a-z]{1,11}))?:(\d{1,15})$/;
const firstIds = /^(.+?)(?::([^:]{1,200}))?:-1$/;

function behindEvent(eventId: string): StreamPosition | undefined {
  const [, id, epoch, sequence] = eventIds.exec(eventId) ?? [];
  if (id !== undefined) {
    return { id, after: Number(sequence), epoch: epoch ? parseInt(epoch, 36) : undefined };
  }
  const [, first, incarnation] = firstIds.exec(eventId) ?? [];
  if (first === undefined) return undefined;
  return { id: first, after: -1, epoch: undefined, incarnation: decoded(incarnation) };
}

/** What is no text of ours is the life of no log. */
function decoded(incarnation: string | undefined): string | undefined {
  try {
    return incarnation && decodeURIComponent(incarnation);
  } catch {
    return incarnation;
  }
}
