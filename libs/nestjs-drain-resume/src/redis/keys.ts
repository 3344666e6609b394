import { createHash } from 'node:crypto';
import { InvalidResumeOptionsError } from '../errors.js';

/**
 * Streams are spread over so many hash slots. A stream shares its slot with the list of leases it stands
 * in, so that one script can change both. Replicas must agree on it, so it is no option.
 */
const shards = 16;

/** Where the store keeps what. A hash tag decides the slot of a cluster that a key lies in. */
export class RedisKeys {
  constructor(private readonly prefix: string) {
    if (/[{}]/.test(prefix)) {
      throw new InvalidResumeOptionsError(
        `\`prefix\` is "${prefix}"; set one without braces, which Redis Cluster takes for a hash tag.`,
      );
    }
  }

  /** What a script about a stream works on: its state, the leases it stands among, its events. */
  stream(id: string): readonly [state: string, leases: string, events: string] {
    const shard = this.#shard(shardOf(id));
    return [`${shard}:state:${id}`, `${shard}:leases`, `${shard}:events:${id}`];
  }

  /** The sorted sets of open streams by the end of their lease. */
  allLeases(): string[] {
    return Array.from({ length: shards }, (_, shard) => `${this.#shard(shard)}:leases`);
  }

  /** A sorted set of a principal's streams by the time they may be forgotten. Hashed: it may be personal. */
  principal(principal: string): string {
    return `${this.prefix}:principal:{${createHash('sha256').update(principal).digest('hex')}}`;
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

function shardOf(id: string): number {
  let sum = 0;
  for (let index = 0; index < id.length; index++) sum = (sum * 31 + id.charCodeAt(index)) | 0;
  return Math.abs(sum) % shards;
}
