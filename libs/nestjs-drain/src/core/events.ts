import type { DrainPhase } from './phase.js';
import { quietly } from './quietly.js';
import type { DrainReport, StreamOutcome } from './report.js';
import type { EndCause, Refusal, StreamInfo, StreamKind } from './stream.js';

/** What happened, told to observers after the fact. Past tense only: an event asks for nothing. */
export type DrainEvent =
  | { readonly type: 'started'; readonly trigger: string }
  | { readonly type: 'joined'; readonly trigger: string }
  | { readonly type: 'phaseChanged'; readonly phase: DrainPhase; readonly previous: DrainPhase }
  | { readonly type: 'admitted'; readonly stream: StreamInfo }
  | {
      readonly type: 'refused';
      readonly refusal: Refusal;
      readonly kind: StreamKind;
      readonly route: string;
    }
  /** An admitted stream goes on where another connection or replica had to stop. */
  | { readonly type: 'resumed'; readonly stream: StreamInfo }
  /** An open stream was asked to end before its own end. Its outcome follows with `released`. */
  | { readonly type: 'interrupted'; readonly stream: StreamInfo; readonly cause: EndCause }
  | { readonly type: 'released'; readonly stream: StreamInfo; readonly outcome: StreamOutcome }
  | { readonly type: 'ended'; readonly report: DrainReport };

export type DrainEventType = DrainEvent['type'];

export type DrainListener<Type extends DrainEventType = DrainEventType> = (
  event: Extract<DrainEvent, { type: Type }>,
) => void;

type AnyListener = (event: never) => void;

const none: readonly AnyListener[] = [];

const types = Object.keys({
  started: true,
  joined: true,
  phaseChanged: true,
  admitted: true,
  refused: true,
  resumed: true,
  interrupted: true,
  released: true,
  ended: true,
} satisfies Record<DrainEventType, true>) as DrainEventType[];

export type OnError = (error: unknown) => void;

/** What is told of an error may fail as well: a logger, or an error that cannot even be looked at. */
export function withoutThrowing(onError: OnError): OnError {
  return (error) => quietly(() => onError(error));
}

/**
 * The event port. Listeners are called in the turn of the fact, in the order they subscribed; those that had by then.
 * A listener that throws harms neither the drain nor the other listeners: its error goes to `onError`.
 */
export class DrainEvents {
  /** By the type of event: what a stream tells of itself reaches only those that want to know it (law 9). */
  readonly #listeners = new Map<DrainEventType, readonly AnyListener[]>();
  readonly #onError: OnError;

  constructor(onError: OnError = () => undefined) {
    this.#onError = withoutThrowing(onError);
  }

  /** Adds a listener to all events and returns a function that removes it. */
  subscribe(listener: DrainListener): () => void {
    const removals = types.map((type) => this.on(type, listener));
    return () => {
      for (const remove of removals) remove();
    };
  }

  /** As `subscribe`, to events of one type. */
  on<Type extends DrainEventType>(type: Type, listener: DrainListener<Type>): () => void {
    const others = (): AnyListener[] => this.#of(type).filter((other) => other !== listener);
    this.#listeners.set(type, [...others(), listener]);
    return () => void this.#listeners.set(type, others());
  }

  emit(event: DrainEvent): void {
    for (const listener of this.#of(event.type)) {
      try {
        (listener as DrainListener)(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  #of(type: DrainEventType): readonly AnyListener[] {
    return this.#listeners.get(type) ?? none;
  }
}
