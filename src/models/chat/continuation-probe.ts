import type { ModelEnd, ModelPiece } from '../model.js';
import type { ChatRequest } from './chat-request.js';

type Ask = (request: ChatRequest, said: string) => Promise<AsyncIterable<ModelPiece | ModelEnd>>;

/** The upstream ignores or refuses how it is asked to go on with an unfinished answer. */
export class ContinuationIgnoredError extends Error {
  override readonly name = 'ContinuationIgnoredError';
}

const question =
  'Repeat this line and say nothing else: alpha bravo charlie delta echo foxtrot golf hotel';

/** How much of its answer is read and cut in two, and how much of the second half has to come again, in characters. */
const [WHOLE, ENOUGH] = [40, 8];

/** A busy server may choose another word once, even at temperature 0. */
const TRIES = 2;

/**
 * Asks the upstream something, and then to go on with half of its own answer: at temperature 0 it says the other half.
 * A server that does not know the parameters begins anew, or answers 400.
 */
export async function probe(model: string, ask: Ask): Promise<void> {
  const request: ChatRequest = {
    model,
    messages: [{ role: 'user', content: question }],
    stream: true,
    temperature: 0,
    max_tokens: WHOLE,
  };
  let found = '';
  for (let tries = 0; tries < TRIES; tries += 1) {
    const whole = await textOf(ask(request, ''), WHOLE);
    const half = whole.lastIndexOf(' ', whole.length / 2);
    if (half <= 0) throw new ContinuationIgnoredError(`it answers the probe with '${whole}'`);
    const [said, rest] = [whole.slice(0, half), whole.slice(half)];
    const next = await textOf(ask(request, said), ENOUGH);
    const length = Math.min(ENOUGH, rest.length);
    if (next.slice(0, length) === rest.slice(0, length)) return;
    found = `asked to go on after '${said}' it says '${next}' instead of '${rest}'`;
  }
  throw new ContinuationIgnoredError(found);
}

/** The first characters of an answer; what follows is not waited for. */
async function textOf(
  asked: Promise<AsyncIterable<ModelPiece | ModelEnd>>,
  length: number,
): Promise<string> {
  let text = '';
  for await (const piece of await asked) {
    if (typeof piece === 'string') text += piece;
    if (text.length >= length) break;
  }
  return text;
}
