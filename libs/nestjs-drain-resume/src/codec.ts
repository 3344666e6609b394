import type { ResumeStore, StreamHead, StreamPage } from './store.js';

/**
 * Where a text stands in the store. An encryption that authenticates the place as well notices a
 * text that was moved to another stream or position.
 */
export interface PayloadPlace {
  readonly id: string;
  /** An event's sequence, or the stream's request. */
  readonly part: number | 'request';
}

/**
 * How payloads and requests look in the store: encrypted, compressed. `decode` undoes `encode` at the same
 * place, and throws for what it did not write: such an error is permanent and ends the stream. Ids, principals and sizes stay readable. Both answer at once,
 * so that events keep their order: fetch keys before.
 */
export interface PayloadCodec {
  encode(text: string, place: PayloadPlace): string;
  decode(text: string, place: PayloadPlace): string;
}

/** `store` with everything users wrote passing through `codec`. Byte limits count encoded texts. */
export function withCodec(store: ResumeStore, codec: PayloadCodec): ResumeStore {
  const decodeHead = (head: StreamHead): StreamHead => ({
    ...head,
    request: codec.decode(head.request, { id: head.id, part: 'request' }),
  });
  const decodePage = (id: string, page: StreamPage): StreamPage => ({
    ...page,
    events: page.events.map((event) => ({
      ...event,
      payload: codec.decode(event.payload, { id, part: event.sequence }),
    })),
  });
  return {
    shared: store.shared,
    newId: (prefix) => store.newId(prefix),
    create: async (stream) => {
      const place = { id: stream.id, part: 'request' } as const;
      return store.create({ ...stream, request: codec.encode(stream.request, place) });
    },
    append: async (id, epoch, first, events, terminal) => {
      const encoded = events.map((text, index) => codec.encode(text, { id, part: first + index }));
      return store.append(id, epoch, first, encoded, terminal);
    },
    read: async (id, after, limit, epoch) => {
      const page = await store.read(id, after, limit, epoch);
      return page.outcome === 'page' ? decodePage(id, page) : page;
    },
    async *tail(id, after, signal, epoch) {
      for await (const page of store.tail(id, after, signal, epoch)) yield decodePage(id, page);
    },
    head: async (id) => {
      const result = await store.head(id);
      return result.outcome === 'found' ? { ...result, head: decodeHead(result.head) } : result;
    },
    claim: async (id, owner) => {
      const result = await store.claim(id, owner);
      return result.outcome === 'claimed' ? { ...result, head: decodeHead(result.head) } : result;
    },
    renew: (id, epoch) => store.renew(id, epoch),
    release: (id, epoch) => store.release(id, epoch),
    requestCancel: (id) => store.requestCancel(id),
    delete: (id, incarnation) => store.delete(id, incarnation),
    listLapsed: (limit) => store.listLapsed(limit),
  };
}
