import { randomUUID } from 'node:crypto';
import { type Scale } from './cell.js';
import { bareClient } from './clients/text.js';
import { Stage } from './parts/stage.js';
import { read, Reading } from './reading.js';
import { type System } from './system.js';

/** What a system costs while nothing fails. */
export interface Cost {
  /** Milliseconds from a word's production to its arrival at the client, with the system and without. */
  readonly latencies: readonly number[];
  readonly bare: readonly number[];
  /** Commands or requests that the store executed for a word. */
  readonly commands: number;
}

/** Half of the clients read through the system, the others beside it, from the same replicas at the same time. */
export async function measureCost(system: System, { clients, answer }: Scale): Promise<Cost> {
  const stage = await Stage.start(system, answer);
  try {
    const before = await stage.executed();
    const readings = Array.from({ length: clients }, () => new Reading(answer.length));
    // Of the clients of a replica every other one, so that both replicas serve both.
    const isBare = (client: number) => client % 4 >= 2;
    const ends = readings.map((reading, client) => {
      const order = { ...stage.addressesFor(client), id: randomUUID() };
      return read(isBare(client) ? bareClient : system.client, order, reading);
    });
    await Promise.all(ends);
    const failed = readings.find(({ ending }) => ending !== 'whole');
    if (failed)
      throw new Error(`${system.title} without a fault: ${failed.ending}, ${String(failed.error)}`);
    const through = readings.filter((_, client) => !isBare(client));
    return {
      latencies: through.flatMap(({ latencies }) => latencies),
      bare: readings.filter((_, client) => isBare(client)).flatMap(({ latencies }) => latencies),
      commands: ((await stage.executed()) - before) / (through.length * answer.length),
    };
  } finally {
    await stage.stop();
  }
}
