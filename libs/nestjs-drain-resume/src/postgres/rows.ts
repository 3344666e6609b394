import type { ReadRefused, StreamEvent, StreamHead, StreamPage } from '../store.js';
import type { Row } from './connection.js';
import { fromText } from './text.js';

/** The columns of a head, of a stream's row that the query calls `s`. */
export function headColumns(s: string): string {
  const plain = ['owner', 'epoch', 'next', 'closed', 'cancel', 'principal', 'request', 'attempts'];
  const lapsed = `not ${s}.closed and ${s}.lease_end <= clock_timestamp()`;
  const incarnation = `${s}.life || '-' || ${s}.born`;
  const columns = plain.map((column) => `${s}.${column}`);
  return [...columns, `${incarnation} as incarnation`, `${lapsed} as lapsed`].join(', ');
}

const textOf = (value: unknown): string => fromText(String(value));

export function headOf(id: string, row: Row): StreamHead {
  return {
    id,
    principal: textOf(row['principal']),
    request: textOf(row['request']),
    owner: row['owner'] === null ? undefined : textOf(row['owner']),
    epoch: Number(row['epoch']),
    next: Number(row['next']),
    closed: row['closed'] === true,
    cancelRequested: row['cancel'] === true,
    lapsed: row['lapsed'] === true,
    attempts: Number(row['attempts']),
    incarnation: String(row['incarnation']),
  };
}

/**
 * The page of what follows `after`, of the rows from `after` on.
 * @param epoch that of event `after` as the reader got it.
 */
export function pageOf(
  [first, ...others]: readonly [Row, ...Row[]],
  after: number,
  limit: number,
  epoch: number | undefined,
): StreamPage | ReadRefused {
  const next = Number(first['next']);
  if (after >= next) return { outcome: 'ahead', next };
  const rows = [first, ...others].filter((row) => row['sequence'] !== null);
  const events = rows.filter((row) => Number(row['sequence']) > after).map(eventOf);
  const seen = rows.find((row) => Number(row['sequence']) === after);
  const isNamed = after >= 0 && epoch !== undefined;
  // An event was removed by hand: never give what remains for the whole.
  if (events.length !== Math.min(next - after - 1, limit) || (isNamed && !seen)) {
    return { outcome: 'gone' };
  }
  if (isNamed && Number(seen?.['epoch']) !== epoch) return { outcome: 'replaced' };
  const closed = first['closed'] === true;
  return { outcome: 'page', events, next, closed, incarnation: String(first['incarnation']) };
}

function eventOf(row: Row): StreamEvent {
  return {
    sequence: Number(row['sequence']),
    payload: textOf(row['payload']),
    epoch: Number(row['epoch']),
  };
}
