import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault } from './fault.js';
import { Stage } from './parts/stage.js';
import { read, Reading, type Ending } from './reading.js';
import { type System } from './system.js';
import { type Answer } from './words.js';

export interface Scale {
  readonly clients: number;
  readonly answer: Answer;
}

/** What the clients of one system got under one fault. */
export interface Cell {
  readonly answers: number;
  readonly lost: number;
  readonly doubled: number;
  readonly endings: Readonly<Record<Ending, number>>;
  /** Milliseconds: the longest silence of each answer that the fault struck and that came whole. */
  readonly stalls: readonly number[];
  /** The different errors that clients got. */
  readonly errors: readonly string[];
}

/** Strikes when every client has so many words of a hundred. */
const struckAt = 0.3;

export async function hold(system: System, fault: Fault, scale: Scale): Promise<Cell> {
  const stage = await Stage.start(system, scale.answer);
  try {
    const readings = Array.from({ length: scale.clients }, () => new Reading(scale.answer.length));
    const ends = readings.map((reading, client) =>
      read(system.client, { ...stage.addressesFor(client), id: randomUUID() }, reading),
    );
    await reached(readings, Math.round(scale.answer.length * struckAt));
    await fault.strike(stage);
    await Promise.all(ends);
    return cellOf(readings, fault);
  } finally {
    await stage.stop();
  }
}

/** What ended before is not waited for. */
async function reached(readings: readonly Reading[], words: number): Promise<void> {
  while (!readings.every(({ places, ending }) => ending ?? places.length >= words)) await sleep(5);
}

function cellOf(readings: readonly Reading[], { half }: Fault): Cell {
  const endings: Record<Ending, number> = { whole: 0, short: 0, error: 0, hang: 0 };
  for (const { ending = 'hang' } of readings) endings[ending] += 1;
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  const struck = readings.filter((_, client) => !half || client % 2 === 0);
  return {
    answers: readings.length,
    lost: sum(readings.map(({ lost }) => lost)),
    doubled: sum(readings.map(({ doubled }) => doubled)),
    endings,
    stalls: struck.filter(({ ending }) => ending === 'whole').map(({ stall }) => stall),
    errors: kindsOf(readings),
  };
}

/** Errors that differ only in the id of their stream are one. */
function kindsOf(readings: readonly Reading[]): string[] {
  const errors = readings.flatMap(({ error }) => (error instanceof Error ? [error.message] : []));
  return [...new Set(errors.map((error) => error.replaceAll(/[0-9a-f-]{36}/g, '<id>')))];
}

/** Several runs of one cell as one. */
export function together(cells: readonly Cell[]): Cell {
  const sum = (value: (cell: Cell) => number): number =>
    cells.reduce((total, cell) => total + value(cell), 0);
  return {
    answers: sum(({ answers }) => answers),
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    endings: {
      whole: sum(({ endings }) => endings.whole),
      short: sum(({ endings }) => endings.short),
      error: sum(({ endings }) => endings.error),
      hang: sum(({ endings }) => endings.hang),
    },
    stalls: cells.flatMap(({ stalls }) => stalls),
    errors: [...new Set(cells.flatMap(({ errors }) => errors))],
  };
}
