import type { MessageEvent } from '@nestjs/common';
import { ProductionStoppedError } from 'nestjs-drain-resume';

/** What a handler returns: a chunk is an object of the AI SDK's UI message stream. */
export type UIMessageChunks = AsyncIterable<object> | ReadableStream<object>;

/** A model draws other words each time: what it had said cannot be continued. */
export class AnswerInterruptedError extends Error {
  override readonly name = 'AnswerInterruptedError';

  constructor() {
    super(
      'The replica that answered was lost, and this answer cannot be continued. Let the client ask again; or declare ' +
        "`takeOver: 'continue'` if the handler brings the same chunks each time.",
    );
  }
}

/** The replica shuts down, and no other one sees its store. */
export class AnswerEndedError extends Error {
  override readonly name = 'AnswerEndedError';

  constructor() {
    super('The server shut down before this answer was finished. Ask again.');
  }
}

/** The chunks as events, and behind them the marker that the AI SDK ends a stream with. */
export async function* eventsOf(
  chunks: UIMessageChunks,
  skipped: number,
): AsyncGenerator<MessageEvent, void, undefined> {
  let place = 0;
  for await (const chunk of chunks) {
    if (place >= skipped) yield { data: chunk };
    place += 1;
  }
  yield { data: '[DONE]' };
}

/** The last chunk of an answer that has no end of its own: a stop by the user, or an error. */
export function failureOf(
  error: unknown,
  errorText: ((error: unknown) => string) | undefined,
): { type: string; data: object } {
  // Its client dispatches no named events.
  const type = '';
  if (error instanceof ProductionStoppedError && error.reason === 'cancelled') {
    return { type, data: { type: 'abort' } };
  }
  const text = errorText?.(error) ?? 'The answer was interrupted. Please ask again.';
  return { type, data: { type: 'error', errorText: text } };
}
