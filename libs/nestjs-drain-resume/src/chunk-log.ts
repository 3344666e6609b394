import { readChunk } from './chunks.js';
import { StreamFailedError } from './errors.js';
import { keyedStreamId } from './identifier.js';
import type { ResumableStreamService } from './resumable-stream-service.js';
import { StreamRefusedError } from './stream-refused-error.js';
import type { StreamPage } from './store.js';

/** Where a reader stands: behind this entry of the log. */
export interface ChunkPlace {
  /** -1 for the beginning. */
  readonly after: number;
  /** Names the history of that entry, so that a log that lost it is noticed. */
  readonly epoch: number | undefined;
}

/** A part of a body, in order and without a gap. */
export interface ChunkPage {
  readonly chunks: readonly Uint8Array[];
  /** Where the reader stands behind it. */
  readonly place: ChunkPlace;
  /** Nothing more is logged. */
  readonly isUpToDate: boolean;
  /** Nothing more will come: the body is whole. */
  readonly isEnd: boolean;
  /** Tells one life of the log from another under the same key. */
  readonly incarnation: string;
}

const beginning: ChunkPlace = { after: -1, epoch: undefined };
const pageSize = 256;

/** The log of one keyed stream, for a reader that asks for a part at a time. Made by `KeyedStreams.log`. */
export class ChunkLog {
  readonly #id: string;

  constructor(
    private readonly service: ResumableStreamService,
    private readonly key: string,
    private readonly principal: string,
  ) {
    this.#id = keyedStreamId(principal, key);
  }

  /**
   * What is logged behind `place`, at most 256 chunks.
   * @throws StreamRefusedError if it cannot be had; StreamFailedError behind the last chunk of a body that failed.
   */
  async page(place: ChunkPlace = beginning): Promise<ChunkPage> {
    const { page, failure } = this.#read(await this.#ask(place, pageSize), place);
    if (failure && page.chunks.length === 0) throw failure;
    return page;
  }

  /** An empty page behind everything that is logged. @throws as `page` */
  async tail(): Promise<ChunkPage> {
    const found = await this.service.find(this.#id, this.principal);
    if (found.outcome !== 'found') throw new StreamRefusedError(found.outcome);
    // The last entry names the history of its place.
    const after = Math.max(-1, found.head.next - 2);
    const { page, failure } = this.#read(
      await this.#ask({ after, epoch: undefined }, 1),
      beginning,
    );
    if (failure) throw failure;
    return { ...page, chunks: [] };
  }

  /**
   * What follows `place`, also what is logged later, until the end or until `signal` aborts: both end it quietly.
   * @throws StreamReadError if the log was lost; StreamFailedError behind the last chunk of a body that failed.
   */
  async *pages(place: ChunkPlace, signal: AbortSignal): AsyncGenerator<ChunkPage, void, undefined> {
    let last = place;
    for await (const logged of this.service.tail({ id: this.#id, ...place }, signal)) {
      const { page, failure } = this.#read(logged, last);
      if (!failure || page.chunks.length > 0) yield page;
      if (failure) throw failure;
      last = page.place;
    }
  }

  async #ask(place: ChunkPlace, limit: number): Promise<StreamPage> {
    const page = await this.service.page(
      { id: this.#id, principal: this.principal, ...place },
      limit,
    );
    if (page.outcome !== 'page') throw new StreamRefusedError(page.outcome);
    return page;
  }

  /** A failure has no place: a reader that stands before it learns of it each time it asks. */
  #read(
    { events, next, closed, incarnation }: StreamPage,
    from: ChunkPlace,
  ): { page: ChunkPage; failure: StreamFailedError | undefined } {
    const chunks: Uint8Array[] = [];
    let place = from;
    let failure: StreamFailedError | undefined;
    for (const { sequence, epoch, payload } of events) {
      const chunk = readChunk(payload);
      if (chunk.kind === 'failure') failure = new StreamFailedError(this.key, chunk.message);
      else place = { after: sequence, epoch };
      if ('bytes' in chunk) chunks.push(chunk.bytes);
    }
    const isUpToDate = place.after >= next - 1;
    return {
      page: { chunks, place, isUpToDate, isEnd: isUpToDate && closed, incarnation },
      failure,
    };
  }
}
