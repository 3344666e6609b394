/** How the chunks of a stream look in an answer. */
export interface Content {
  /** The headers of an event stream of it. */
  readonly eventHeaders: Readonly<Record<string, string>>;
  body(chunks: readonly Uint8Array[]): Buffer;
  /** The data of one event. */
  data(chunks: readonly Uint8Array[]): string;
}

const text: Content = {
  eventHeaders: {},
  body: (chunks) => Buffer.concat(chunks),
  data: (chunks) => Buffer.concat(chunks).toString(),
};

const array = (chunks: readonly Uint8Array[]): string =>
  `[${chunks.map((chunk) => Buffer.from(chunk).toString()).join(',')}]`;

/** Each chunk is one JSON text. */
const json: Content = {
  eventHeaders: {},
  body: (chunks) => Buffer.from(array(chunks)),
  data: array,
};

const binary: Content = {
  eventHeaders: { 'Stream-SSE-Data-Encoding': 'base64' },
  body: (chunks) => Buffer.concat(chunks),
  data: (chunks) => Buffer.concat(chunks).toString('base64'),
};

export function contentOf(type: string): Content {
  if (/^application\/json\s*(;|$)/i.test(type)) return json;
  return /^text\//i.test(type) ? text : binary;
}
