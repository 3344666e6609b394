export const loadKinds = ['sse', 'post', 'websocket', 'json'] as const;

/** What a client opens: an EventSource, a streamed POST, a WebSocket, or plain requests one after another. */
export type LoadKind = (typeof loadKinds)[number];

/** One group of clients that all do the same. Durations in milliseconds. */
export interface LoadPlan {
  readonly kind: LoadKind;
  readonly method: string;
  /** `{client}` and `{stream}` stand for the client's and the stream's number. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The request body, or the first message of a WebSocket; placeholders as in `path`. */
  readonly body?: string;
  readonly clients: number;
  /** Keep connections between requests, as browsers and SDKs do, or open a fresh one for each. */
  readonly keepAlive: boolean;
  /** Between the end of one stream and the start of the client's next. */
  readonly pause: number;
  /** A stream without a byte for so long counts as lost. */
  readonly idleTimeout: number;
}

/**
 * Whether a stream that is still open at the end of the rehearsal is what it should be. Of these kinds
 * it is, unless another stream of the same request has come to an end (`endsKnown`).
 */
export function isEndless(kind: LoadKind, endsKnown: boolean): boolean {
  return (kind === 'sse' || kind === 'websocket') && !endsKnown;
}
