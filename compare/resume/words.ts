import { setTimeout as sleep } from 'node:timers/promises';

/** The answer of every system: how many words, and the milliseconds between two of them. */
export interface Answer {
  readonly length: number;
  readonly pause: number;
}

/** As the comparison sets it for its replicas. */
const answer: Answer = {
  length: Number(process.env['WORDS'] ?? 100),
  pause: Number(process.env['PAUSE'] ?? 50),
};

/** A word says its place in the answer, and the machine's clock when it was made. */
export interface Word {
  readonly place: number;
  readonly madeAt: bigint;
}

/** Produces the words from `next` on. It is deterministic: any replica can go on with it. */
export async function* words(next = 0, signal?: AbortSignal): AsyncGenerator<string> {
  for (let place = next; place < answer.length; place++) {
    await sleep(answer.pause, undefined, { signal });
    // The monotonic clock, which all processes of a machine share.
    yield `${place} ${process.hrtime.bigint()}`;
  }
}

/** The same as text of an event stream. */
export async function* events(next = 0, signal?: AbortSignal): AsyncGenerator<string> {
  for await (const word of words(next, signal)) yield `data: ${word}\n\n`;
}

/** @throws Error if it is no word of ours: then the client is wrong, not the system. */
export function parseWord(text: string): Word {
  const match = /^(\d+) (\d+)$/.exec(text);
  if (!match) throw new Error(`"${text}" is not a word of the answer`);
  return { place: Number(match[1]), madeAt: BigInt(match[2]!) };
}
