import { newId } from '../http/new-id.js';

/** Ids tell responses that no log keeps, on any replica. */
const PREFIX = 'resp_unstored';

export function newUnstoredId(): string {
  return newId(PREFIX);
}

export function isUnstored(id: string): boolean {
  return id.startsWith(`${PREFIX}_`);
}
