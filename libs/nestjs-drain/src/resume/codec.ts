import type { ClaimRefused, Claimed, Found, Absent, ReadRefused } from './outcome.js';
import type { ResumeStore } from './store.js';
import type { StreamEvent, StreamHead, StreamPage } from './stream.js';

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
 * How payloads and requests look in the store: encrypted, compressed. `decode` undoes `encode` at the
 * same place, and throws for what it did not write. Ids, principals and sizes stay readable.
 */
export interface PayloadCodec {
  encode(text: string, place: PayloadPlace): string | Promise<string>;
  decode(text: string, place: PayloadPlace): string | Promise<string>;
}

/** `store` with everything users wrote passing through `codec`. Byte limits count encoded texts. */
export function withCodec(store: ResumeStore, codec: PayloadCodec): ResumeStore {
  const decodeHead = async <T extends Found | Claimed>(result: T): Promise<T> => ({
    ...result,
    head: await decodedHead(codec, result.head),
  });
  const decodePage = async (id: string, page: StreamPage): Promise<StreamPage> => ({
    ...page,
    events: await Promise.all(page.events.map((event) => decodedEvent(codec, id, event))),
  });
  return {
    shared: store.shared,
    newId: (prefix) => store.newId(prefix),
    create: async (stream) => {
      const place = { id: stream.id, part: 'request' } as const;
      return store.create({ ...stream, request: await codec.encode(stream.request, place) });
    },
    append: async (id, epoch, first, events, terminal) => {
      const encoded = await Promise.all(
        events.map(async (text, index) => codec.encode(text, { id, part: first + index })),
      );
      return store.append(id, epoch, first, encoded, terminal);
    },
    read: async (id, after, limit): Promise<StreamPage | ReadRefused> => {
      const page = await store.read(id, after, limit);
      return page.outcome === 'page' ? decodePage(id, page) : page;
    },
    async *tail(id, after, signal) {
      for await (const page of store.tail(id, after, signal)) yield await decodePage(id, page);
    },
    head: async (id): Promise<Found | Absent> => {
      const result = await store.head(id);
      return result.outcome === 'found' ? decodeHead(result) : result;
    },
    claim: async (id, owner): Promise<Claimed | ClaimRefused> => {
      const result = await store.claim(id, owner);
      return result.outcome === 'claimed' ? decodeHead(result) : result;
    },
    renew: (id, epoch) => store.renew(id, epoch),
    release: (id, epoch) => store.release(id, epoch),
    requestCancel: (id) => store.requestCancel(id),
    listLapsed: (limit) => store.listLapsed(limit),
  };
}

async function decodedHead(codec: PayloadCodec, head: StreamHead): Promise<StreamHead> {
  const place = { id: head.id, part: 'request' } as const;
  return { ...head, request: await codec.decode(head.request, place) };
}

async function decodedEvent(
  codec: PayloadCodec,
  id: string,
  event: StreamEvent,
): Promise<StreamEvent> {
  const place = { id, part: event.sequence };
  return { ...event, payload: await codec.decode(event.payload, place) };
}
