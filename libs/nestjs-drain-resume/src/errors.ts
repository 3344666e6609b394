import type { ReadRefused } from './store.js';

const readRemedies: Record<ReadRefused['outcome'], string> = {
  unknown: 'never existed or is no longer kept; raise `ttl` if readers come back later than that',
  gone: 'was lost by the store; ask for the answer again',
  ahead: 'holds fewer events than the reader has seen; ask for the answer again',
  replaced:
    'lost events that the reader has seen, and others took their place; ask for the answer again',
};

/** A stream cannot be read on. `reason` decides the status: unknown 404; gone, ahead and replaced 410. */
export class StreamReadError extends Error {
  override readonly name = 'StreamReadError';

  constructor(
    readonly id: string,
    readonly reason: ReadRefused['outcome'],
  ) {
    super(`Stream ${id} ${readRemedies[reason]}.`);
  }
}

/** The store cannot be asked now. It is asked again. Any other error of a store is taken for permanent. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** Why a producer has to stop. After the first four it still owns its stream and should `fail` it. */
export type StopReason =
  | 'cancelled'
  | 'tooLarge'
  | 'backlog'
  | 'rejected'
  | 'fenced'
  | 'gone'
  | 'closed'
  | 'gapped'
  | 'released'
  | 'unavailable';

const stopReasons: Record<StopReason, string> = {
  cancelled: 'was cancelled; end it with its last event',
  tooLarge:
    'outgrew the bytes that are kept of a stream or of its principal; end it with `fail`, or raise `maxStreamBytes` or ' +
    '`maxBytesPerPrincipal`',
  backlog:
    'is produced faster than its store logs it; await `write`, return an AsyncIterable, or raise `maxPendingBytes`',
  rejected:
    'could not be logged, and repeating would not help; see the cause, and end it with `fail`',
  fenced: 'was taken over by another replica',
  gone: 'was lost by the store or outlived its `ttl`',
  closed: 'is closed; nothing follows its last event',
  gapped: 'lost its latest events in the store; see docs/resume.md on what a store restart keeps',
  released: 'was handed off to the other replicas',
  unavailable:
    'could not be logged because its store did not answer for longer than `storeTimeout`',
};

/** The reason of a producer's `signal`, and of a write that was not logged. */
export class ProductionStoppedError extends Error {
  override readonly name = 'ProductionStoppedError';

  constructor(
    readonly id: string,
    readonly reason: StopReason,
    cause?: unknown,
  ) {
    super(`Stream ${id} ${stopReasons[reason]}.`, { cause });
  }
}

/** A stream broke off, and what was read of it is not the whole. */
export class StreamFailedError extends Error {
  override readonly name = 'StreamFailedError';

  constructor(
    /** The key, or the id, of the stream. */
    readonly stream: string,
    reason: string,
  ) {
    super(`Stream ${stream} did not reach its end: ${reason}.`);
  }
}
