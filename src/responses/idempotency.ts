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

/** A key as this request names it. */
interface AskedKey {
  /** Of its stream in the store. */
  readonly id: string;
  readonly principal: string;
  readonly fingerprint: string;
}

const LONGEST_KEY = 255;

/**
 * Seconds for which a key is known. Longer than a response is kept after the longest answer, because the key of a
 * response that is still produced must not be free.
 */
const KEY_TTL = 3_600;

/**
 * Remembers which request was answered with which response, for every replica on the store. A key is a stream of its
 * own in the store: the request that begins the response owns it, it is closed when the response is begun, and it can
 * be taken over if its owner fails or is killed before that.
 */
@Injectable()
export class IdempotencyKeys {
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
    const asked: AskedKey = { id, principal, fingerprint: hash(JSON.stringify(body)) };
    // A response that is begun is seen before the key is asked for, and once more if another request has it.
    const claim =
      (await this.#begun(asked)) ?? (await this.#own(asked, newId)) ?? (await this.#begun(asked));
    if (!claim) throw inProgress();
    return claim;
  }

  /** The claim of a request that comes after the response was begun, whether its owner could settle the key or not. */
  async #begun(asked: AskedKey): Promise<KeyClaim | undefined> {
    const found = await this.#find(asked);
    if (!found) return undefined;
    const { response } = found.record;
    const isBegun = found.isSettled || (await this.#exists(response, asked.principal));
    return isBegun ? { outcome: 'repeated', id: response } : undefined;
  }

  /** Makes the key this request's own. Undefined if another request has it. */
  async #own(asked: AskedKey, newId: () => Promise<string>): Promise<KeyClaim | undefined> {
    const found = await this.#find(asked);
    return found ? this.#takeOver(asked, found.record) : this.#start(asked, await newId());
  }

  async #start(
    { id, principal, fingerprint }: AskedKey,
    response: string,
  ): Promise<KeyClaim | undefined> {
    const record: KeyRecord = { fingerprint, response };
    const request = JSON.stringify(record);
    const policy = { background: true, grace: 0, ttl: KEY_TTL };
    const opened = await this.resumption.start({ id, principal, request, ...policy });
    // Another request was faster by a moment, here or on another replica.
    if (opened.outcome === 'exists') return undefined;
    if (opened.outcome !== 'open') throw notAvailable(opened.outcome, response);
    return first(response, opened.stream.production!);
  }

  /** Of an owner that failed or fell silent, before the response was begun or just behind that. */
  async #takeOver(
    { id, principal }: AskedKey,
    { response }: KeyRecord,
  ): Promise<KeyClaim | undefined> {
    const opened = await this.resumption.resume({ id, principal, after: -1 });
    if (opened.outcome !== 'open') throw notAvailable(opened.outcome, response);
    const { production } = opened.stream;
    if (!production) return undefined;
    const claim = first(response, production);
    if (!(await this.#exists(response, principal))) return claim;
    await claim.settle();
    return { outcome: 'repeated', id: response };
  }

  /** @throws ApiError (422) if the key was sent with another body, 503 */
  async #find({ id, principal, fingerprint }: AskedKey) {
    const found = await this.resumption.find(id, principal).catch(unavailable);
    if (found.outcome !== 'found') return undefined;
    const record = JSON.parse(found.head.request) as KeyRecord;
    if (record.fingerprint !== fingerprint) throw otherBody();
    return { record, isSettled: found.head.closed };
  }

  async #exists(response: string, principal: string): Promise<boolean> {
    const found = await this.resumption.find(response, principal).catch(unavailable);
    return found.outcome === 'found';
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

/** The key was used, and its response cannot be had: deleted, lost, or created with `store: false`. */
export function responseGone(): ApiError {
  return new ApiError(
    410,
    'The response of this Idempotency-Key is not kept. To have a new one, send the request with a new key.',
    { type: 'invalid_request_error', code: 'response_gone' },
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
