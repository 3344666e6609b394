import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { InvalidResumeOptionsError } from '../options.js';

/**
 * Streams are spread over so many hash slots. A stream shares its slot with the list of leases it stands
 * in, so that one script can change both. Replicas must agree on it, so it is no option.
 */
const shards = 16;

/** What a script about a stream works on: its state, the leases it stands among, its events. */
type StreamKeys = readonly [state: string, leases: string, events: string];

/** Of so many streams the keys are kept; then all are worked out anew. */
const mostKept = 10_000;

/** Where the store keeps what. A hash tag decides the slot of a cluster that a key lies in. */
export class RedisKeys {
  readonly #kept = new Map<string, StreamKeys>();

  constructor(private readonly prefix: string) {
    if (/[{}]/.test(prefix)) {
      throw new InvalidResumeOptionsError(
        `\`prefix\` is "${prefix}"; set one without braces, which Redis Cluster takes for a hash tag.`,
      );
    }
  }

  stream(id: string): StreamKeys {
    const shard = this.#shard(shardOf(id));
    return [`${shard}:state:${id}`, `${shard}:leases`, `${shard}:events:${id}`];
  }

  /** As `stream`, for a stream that is produced here: each of its events needs them. To be forgotten at its end. */
  keep(id: string): StreamKeys {
    const kept = this.#kept.get(id);
    if (kept) return kept;
    const [state, leases, events] = this.stream(id);
    const keys = [inOnePiece(state), inOnePiece(leases), inOnePiece(events)] as const;
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(id, keys);
    return keys;
  }

  forget(id: string): void {
    this.#kept.delete(id);
  }

  /** The sorted sets of open streams by the end of their lease. */
  allLeases(): string[] {
    return Array.from({ length: shards }, (_, shard) => `${this.#shard(shard)}:leases`);
  }

  /**
   * What a principal keeps: its streams by the time they may be forgotten, and the bytes of each. Hashed: a principal
   * may be personal.
   */
  principal(principal: string): readonly [streams: string, bytes: string] {
    const hash = createHash('sha256').update(principal).digest('hex');
    return [`${this.prefix}:principal:{${hash}}`, `${this.prefix}:bytes:{${hash}}`];
  }

  incarnation(): string {
    return `${this.prefix}:incarnation`;
  }

  /** The channel that wakes readers of a stream. */
  channel(id: string): string {
    return `${this.prefix}:wake:${id}`;
  }

  #shard(shard: number): string {
    return `${this.prefix}:{${shard}}`;
  }
}

/** A text that was put together is measured piece by piece, each time that it is sent. */
function inOnePiece(text: string): string {
  return Buffer.from(text).toString();
}

function shardOf(id: string): number {
  let sum = 0;
  for (let index = 0; index < id.length; index++) sum = (sum * 31 + id.charCodeAt(index)) | 0;
  return Math.abs(sum) % shards;
}
