import { createHash, randomBytes } from 'node:crypto';

const randomDigits = 32;
const tagDigits = 8;
const minted = new RegExp(`([0-9a-f]{${tagDigits}})[0-9a-f]{${randomDigits}}$`);

/** `digits` hexadecimal digits, 4 unguessable bits each. */
export function randomHex(digits: number): string {
  return randomBytes(digits / 2).toString('hex');
}

/** A tag for the present life of a store: what was made under another one is gone. */
export function newIncarnation(): string {
  return randomHex(tagDigits);
}

/** 128 unguessable bits behind the tag of the store's present life. */
export function newStreamId(incarnation: string, prefix = ''): string {
  return `${prefix}${incarnation}${randomHex(randomDigits)}`;
}

/**
 * The id of the stream that a principal knows by a key of the application. Principals share none, and it looks like no
 * id that a store has made.
 * @throws TypeError for a principal or a key that is no text, or empty: callers without one would share a stream
 */
export function keyedStreamId(principal: string, key: string): string {
  for (const [name, value] of Object.entries<unknown>({ principal, key })) {
    if (typeof value === 'string' && value !== '') continue;
    const given = value === '' ? 'empty' : `of type ${typeof value}`;
    throw new TypeError(
      `\`${name}\` is ${given}; give a text that names it, the same on every replica.`,
    );
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([principal, key]))
    .digest('hex');
  return `${hash}.key`;
}

/** Whether a stream that is not there is `gone` or was never known. */
export function absence(id: string, incarnation: string): { outcome: 'unknown' | 'gone' } {
  const tag = minted.exec(id)?.[1];
  return { outcome: tag !== undefined && tag !== incarnation ? 'gone' : 'unknown' };
}
