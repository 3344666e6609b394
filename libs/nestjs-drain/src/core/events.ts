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
  readonly #listeners: Record<DrainEventType, readonly ((event: never) => void)[]> = {
    started: [],
    joined: [],
    phaseChanged: [],
    admitted: [],
    refused: [],
    resumed: [],
    interrupted: [],
    released: [],
    ended: [],
  };

  readonly #onError: OnError;

  constructor(onError: OnError = () => undefined) {
    this.#onError = withoutThrowing(onError);
  }

  /** Adds a listener to all events and returns a function that removes it. */
  subscribe(listener: DrainListener): () => void {
    const types = Object.keys(this.#listeners) as DrainEventType[];
    const removals = types.map((type) => this.on(type, listener));
    return () => {
      for (const remove of removals) remove();
    };
  }

  /** As `subscribe`, to events of one type. */
  on<Type extends DrainEventType>(type: Type, listener: DrainListener<Type>): () => void {
    const others = this.#listeners[type].filter((other) => other !== listener);
    this.#listeners[type] = [...others, listener];
    return () => {
      this.#listeners[type] = this.#listeners[type].filter((other) => other !== listener);
    };
  }

  emit(event: DrainEvent): void {
    for (const listener of this.#listeners[event.type]) {
      try {
        (listener as DrainListener)(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
