import { systemClock, type AlarmClock } from './clock.js';
import { duration, positive, refuseUnknown } from './options.js';

/** What every store on a server can be told. All times in seconds. */
export interface ServerStoreOptions {
  /** UTF-8 bytes of one stream's events and request; a terminal event may pass it by 64 KiB. Default 8 MiB. */
  maxStreamBytes?: number;
  /** Retained streams of one principal, open or closed. Default 1 000. */
  maxStreamsPerPrincipal?: number;
  /**
   * UTF-8 bytes of all retained streams of one principal, counted in steps of a sixteenth of it, at most 64 KiB, per
   * stream. Default 256 MiB.
   */
  maxBytesPerPrincipal?: number;
  /** After how long a reader looks for new events without having been woken. Default 1. */
  poll?: number;
  /**
   * After how long a command counts as failed; it is sent again. A connection that did not answer may be half open:
   * it is dropped and opened again. Default 5.
   */
  commandTimeout?: number;
  /** How long readers wait for a server that cannot be asked. Default 30. */
  storeTimeout?: number;
  clock?: AlarmClock;
  /** What failed beside the calls, such as subscriptions: readers then only poll. */
  onError?: (error: unknown) => void;
}

const known: readonly (keyof ServerStoreOptions)[] = [
  ...(['maxStreamBytes', 'maxStreamsPerPrincipal', 'maxBytesPerPrincipal'] as const),
  ...(['poll', 'commandTimeout', 'storeTimeout', 'clock', 'onError'] as const),
];

/**
 * @param own the names of the options that only this store has
 * @throws InvalidResumeOptionsError naming the option and what to set.
 */
export function resolveServerOptions(
  store: string,
  options: ServerStoreOptions,
  own: readonly string[],
): Required<ServerStoreOptions> {
  refuseUnknown(store, options, [...own, ...known]);
  const number = (name: keyof ServerStoreOptions, fallback: number) =>
    positive(name, (options[name] as number | undefined) ?? fallback);
  return {
    maxStreamBytes: number('maxStreamBytes', 8 * 1024 * 1024),
    maxStreamsPerPrincipal: number('maxStreamsPerPrincipal', 1000),
    maxBytesPerPrincipal: number('maxBytesPerPrincipal', 256 * 1024 * 1024),
    poll: number('poll', 1),
    commandTimeout: number('commandTimeout', 5),
    storeTimeout: duration('storeTimeout', options.storeTimeout ?? 30),
    clock: options.clock ?? systemClock,
    onError: options.onError ?? (() => undefined),
  };
}

/** By how many bytes a stream grows until the bytes of its principal are counted again. */
export function countingStep(maxBytesPerPrincipal: number): number {
  return Math.max(1, Math.min(65_536, Math.floor(maxBytesPerPrincipal / 16)));
}
