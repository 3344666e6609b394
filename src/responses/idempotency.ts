import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ResumableStreamService, type Production } from 'nestjs-drain-resume';
import { ApiError, invalidRequest } from '../errors/api-error.js';
import { notAvailable } from './not-available.js';

/** A request whose repetition is to give the same response. */
export interface KeyedRequest {
  readonly principal: string;
  /** The `Idempotency-Key`. */
  readonly key: string;
  readonly body: unknown;
}

/** `first`: the response is to be begun under this id, then `settle` or `giveUp`. `repeated`: it was begun before. */
export type KeyClaim = FirstClaim | { readonly outcome: 'repeated'; readonly id: string };

interface FirstClaim {
  readonly outcome: 'first';
  readonly id: string;
  settle(): Promise<void>;
  giveUp(): Promise<void>;
}

/** What is kept of a key, from before its response is begun. */
interface KeyRecord {
  readonly fingerprint: string;
  /** The id of its response. */
  readonly response: string;
}

const LONGEST_KEY = 255;

/**
 * Remembers which request was answered with which response, for every replica on the store. A key is a stream of its
 * own in the store: whoever begins the response owns it, it is closed when the response is begun, and it can be taken
 * over if its owner fails or is killed before that.
 */
@Injectable()
export class IdempotencyKeys {
  /** Whose response this process begins now: to the store, all of a process's requests are one owner. */
  readonly #beginning = new Set<string>();

  constructor(private readonly resumption: ResumableStreamService) {}

  /**
   * @param newId makes the id of a response that is begun now
   * @throws ApiError 400 for a key that is too long, 409 while the response is being begun, 422 for another body, 503
   */
  async claim(request: KeyedRequest, newId: () => Promise<string>): Promise<KeyClaim> {
    const { key, principal, body } = request;
    if (key.length > LONGEST_KEY) {
      throw invalidRequest(`Idempotency-Key may have at most ${LONGEST_KEY} characters.`, null);
    }
    const id = `key_${hash(`${principal}\n${key}`)}`;
    const fingerprint = hash(JSON.stringify(body));
    if (this.#beginning.has(id)) throw inProgress();
    this.#beginning.add(id);
    const over = () => void this.#beginning.delete(id);
    try {
      const claim =
        (await this.#find(id, principal, fingerprint)) ??
        (await this.#start(id, principal, { fingerprint, response: await newId() })) ??
        // A request with this key to another replica was faster by a moment.
        (await this.#find(id, principal, fingerprint)) ??
        unavailable();
      if (claim.outcome === 'first') return followedBy(claim, over);
      over();
      return claim;
    } catch (error) {
      over();
      throw error;
    }
  }

  async #find(id: string, principal: string, fingerprint: string): Promise<KeyClaim | undefined> {
    const found = await this.resumption.find(id, principal).catch(unavailable);
    if (found.outcome !== 'found') return undefined;
    const record = JSON.parse(found.head.request) as KeyRecord;
    if (record.fingerprint !== fingerprint) throw otherBody();
    if (found.head.closed) return { outcome: 'repeated', id: record.response };
    const opened = await this.resumption.resume({ id, principal, after: -1 });
    if (opened.outcome !== 'open') throw notAvailable(opened.outcome, record.response);
    const { production } = opened.stream;
    if (!production) throw inProgress();
    const claimed = first(record.response, production);
    // Its owner fell silent: perhaps before the response was begun, perhaps just behind that.
    const begun = await this.resumption.find(record.response, principal).catch(unavailable);
    if (begun.outcome !== 'found') return claimed;
    await claimed.settle();
    return { outcome: 'repeated', id: record.response };
  }

  async #start(id: string, principal: string, record: KeyRecord): Promise<KeyClaim | undefined> {
    const request = JSON.stringify(record);
    const policy = { background: true, grace: 0 };
    const opened = await this.resumption.start({ id, principal, request, ...policy });
    if (opened.outcome === 'unavailable') return undefined;
    if (opened.outcome !== 'open') throw notAvailable(opened.outcome, record.response);
    return first(record.response, opened.stream.production!);
  }
}

function first(id: string, production: Production): FirstClaim {
  return {
    outcome: 'first',
    id,
    settle: async () => {
      // Not settled, it lapses: the next request with this key finds the response all the same.
      await production.close('begun').catch(() => undefined);
    },
    giveUp: () => production.release(),
  };
}

function followedBy(claim: FirstClaim, over: () => void): FirstClaim {
  return {
    ...claim,
    settle: () => claim.settle().finally(over),
    giveUp: () => claim.giveUp().finally(over),
  };
}

function unavailable(): never {
  throw notAvailable('unavailable', '');
}

function otherBody(): ApiError {
  return new ApiError(
    422,
    'This Idempotency-Key was sent with another body before. Send a new key with a new request.',
    { type: 'invalid_request_error', code: 'idempotency_key_reused' },
  );
}

function inProgress(): ApiError {
  return new ApiError(
    409,
    'The first request with this Idempotency-Key is still being started. Send the request again.',
    { type: 'invalid_request_error', code: 'idempotency_key_in_progress', retryAfter: 1 },
  );
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
