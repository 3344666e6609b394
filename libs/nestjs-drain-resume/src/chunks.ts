import { TextDecoder } from 'node:util';

/** A part of a body. */
export type Chunk = string | Uint8Array;

/** What a log says of a body: a chunk of it, its end, or why it has none. */
export type LoggedChunk =
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  /** The last chunk, which tells the client what went wrong. */
  | { readonly kind: 'failureChunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'failure'; readonly message: string };

// The first character of a payload says what it is. Text is logged as it is; other bytes grow by a third.
const text = 't';
const binary = 'b';
const failureText = 'T';
const failureBinary = 'B';
const failure = 'f';

export const loggedEnd = 'e';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws TypeError for what is no part of a body */
export function loggedChunk(chunk: unknown): string {
  return logged(chunk, text, binary);
}

export function loggedFailureChunk(chunk: Chunk): string {
  return logged(chunk, failureText, failureBinary);
}

export function loggedFailure(message: string): string {
  return failure + message;
}

function logged(chunk: unknown, textMark: string, binaryMark: string): string {
  if (typeof chunk === 'string') return textMark + chunk;
  if (!(chunk instanceof Uint8Array)) {
    throw new TypeError(
      `A stream brought ${typeof chunk === 'object' ? 'an object' : typeof chunk}; let it bring strings or Uint8Arrays.`,
    );
  }
  try {
    return textMark + strict.decode(chunk);
  } catch {
    // No UTF-8, or a part that begins or ends in the middle of a character.
    return binaryMark + Buffer.from(chunk).toString('base64');
  }
}

export function readChunk(payload: string): LoggedChunk {
  const [mark, rest] = [payload.charAt(0), payload.slice(1)];
  switch (mark) {
    case text:
      return { kind: 'chunk', bytes: Buffer.from(rest) };
    case binary:
      return { kind: 'chunk', bytes: Buffer.from(rest, 'base64') };
    case failureText:
      return { kind: 'failureChunk', bytes: Buffer.from(rest) };
    case failureBinary:
      return { kind: 'failureChunk', bytes: Buffer.from(rest, 'base64') };
    case failure:
      return { kind: 'failure', message: rest };
    default:
      return { kind: 'end' };
  }
}
