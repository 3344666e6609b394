import { randomInt } from 'node:crypto';

/** The protocol's intervals: 20 s, counted from 2024-10-09. */
const interval = 20_000;
const start = Date.UTC(2024, 9, 9);
/** The protocol moves a client that has the present cursor on by up to an hour. */
const longestStep = 3600_000 / interval;

/** Never the one that the client has, so that no cache answers it with the same answer again. */
export function nextCursor(given: string | null, now = Date.now()): string {
  const present = Math.floor((now - start) / interval);
  const before = /^\d{1,15}$/.test(given ?? '') ? Number(given) : -1;
  return String(before < present ? present : before + randomInt(1, longestStep + 1));
}
