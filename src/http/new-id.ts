import { randomBytes } from 'node:crypto';

/** An id of 192 random bits, which no caller can guess. */
export function newId(kind: string): string {
  return `${kind}_${randomBytes(24).toString('hex')}`;
}
