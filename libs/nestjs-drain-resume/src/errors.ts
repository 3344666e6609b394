import type { ReadRefused } from './store.js';

/** Thrown at start when options cannot work. The message says what was wrong and what to set. */
export class InvalidResumeOptionsError extends Error {
  override readonly name = 'InvalidResumeOptionsError';
}

const readRemedies: Record<ReadRefused['outcome'], string> = {
  unknown: 'never existed or is no longer kept; raise `ttl` if readers come back later than that',
  gone: 'was lost by the store; ask for the answer again',
  ahead: 'holds fewer events than the reader has seen; ask for the answer again',
};

/** A stream cannot be read on. `reason` decides the status: unknown 404, gone and ahead 410. */
export class StreamReadError extends Error {
  override readonly name = 'StreamReadError';

  constructor(
    readonly id: string,
    readonly reason: ReadRefused['outcome'],
  ) {
    super(`Stream ${id} ${readRemedies[reason]}.`);
  }
}

/** The store cannot be asked. Repeating the call is safe. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** Why a producer has to stop. After the first three it still owns its stream, and should close it. */
export type StopReason =
  | 'cancelled'
  | 'tooLarge'
  | 'backlog'
  | 'fenced'
  | 'gone'
  | 'closed'
  | 'gapped'
  | 'released'
  | 'unavailable';

const stopReasons: Record<StopReason, string> = {
  cancelled: 'was cancelled; close it with its last event',
  tooLarge: 'outgrew its byte limit; close it with its last event, or raise `maxStreamBytes`',
  backlog: 'is produced faster than its store logs it; await `write`, or raise `maxPendingBytes`',
  fenced: 'was taken over by another replica',
  gone: 'was lost by the store or outlived its `ttl`',
  closed: 'is closed; nothing follows its last event',
  gapped: 'lost its latest events in the store; see docs/resume.md on what a store restart keeps',
  released: 'was handed off to the other replicas',
  unavailable: 'could not be logged because its store did not answer for longer than `patience`',
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

/** @throws InvalidResumeOptionsError naming the option, unless its value is a number above 0. */
export function positive(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidResumeOptionsError(`\`${name}\` is ${value}; set a number above 0.`);
}
