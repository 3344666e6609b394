import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { exitWhenInterrupted } from '../interruption.js';
import { writeSection } from '../section.js';
import { hold, together, type Cell, type Scale } from './cell.js';
import { measureCost, type Cost } from './cost.js';
import { faults, type Fault } from './fault.js';
import { systems, versionsOf, type System } from './system.js';
import { outcome, outcomes, prices, type Results } from './table.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    fault: { type: 'string' },
    runs: { type: 'string', default: '1' },
    clients: { type: 'string', default: '20' },
    words: { type: 'string', default: '100' },
    update: { type: 'boolean', default: false },
  },
});

if (values.update && (values.only ?? values.fault) !== undefined) {
  throw new Error('--update writes the whole table; leave out --only and --fault');
}

/** @throws Error that lists what there is */
function chosen<T>(list: readonly T[], names: string | undefined, nameOf: (one: T) => string): T[] {
  if (names === undefined) return [...list];
  const known = new Map(list.map((one) => [nameOf(one), one]));
  return names.split(',').map((name) => {
    const one = known.get(name);
    if (one) return one;
    throw new Error(`there is no ${name}; there are ${[...known.keys()].join(', ')}`);
  });
}

/** "ours" stands for the two systems of this repository. */
const only = values.only?.replace(/\bours\b/, 'nestjs-drain,nestjs-drain-resume');
const chosenSystems = chosen(systems, only, ({ program }) => program);
const chosenFaults = chosen(faults, values.fault, ({ letter }) => letter);
const answer = { length: Number(values.words), pause: 50 };
const scale: Scale = { clients: Number(values.clients), answer };
const runs = Number(values.runs);
const loads: number[] = [];

async function holdAll(): Promise<Results['cells']> {
  const cells = new Map(chosenSystems.map((system) => [system, new Map<Fault, Cell>()]));
  for (const fault of chosenFaults) {
    for (let run = 1; run <= runs; run++) {
      for (const system of chosenSystems) {
        if (fault.store && system.store === 'none') continue;
        loads.push(loadavg()[0] ?? 0);
        const cell = await hold(system, fault, scale);
        const errors = cell.errors.map((error) => `\n    ${error}`).join('');
        console.log(`(${fault.letter}) ${system.program}: ${outcome(cell)}${errors}`);
        const row = cells.get(system);
        row?.set(fault, together([row.get(fault) ?? [], cell].flat()));
      }
    }
  }
  return cells;
}

/** Those who choose faults want to see these only. */
async function priceAll(): Promise<Results['costs']> {
  const costs = new Map<System, Cost>();
  if (values.fault !== undefined) return costs;
  for (const system of chosenSystems) {
    loads.push(loadavg()[0] ?? 0);
    costs.set(system, await measureCost(system, scale));
    console.log(`without a fault: ${system.program}`);
  }
  return costs;
}

/** What a busy machine says of time is not published. */
function load(): { busy: boolean; range: string } {
  const [least, most] = [Math.min(...loads), Math.max(...loads)];
  const range = `load ${least.toFixed(1)} to ${most.toFixed(1)}`;
  return { busy: most > cpus().length * 1.5, range };
}

function report(results: Results, timed: boolean): string {
  const date = new Date().toISOString().slice(0, 10);
  const note = timed ? '' : ': too busy to publish times';
  const seconds = (answer.length * answer.pause) / 1000;
  return `\`npm run compare:resume -- --update\`, ${date}, Node ${process.version}, ${cpus().length} cores, ${load().range}${note}. ${runs} × ${scale.clients} answers of ${answer.length} words in ${seconds} s.

${outcomes(results)}

${prices(results, timed)}

Versions: ${results.systems.flatMap(versionsOf).join(', ')}.`;
}

exitWhenInterrupted();
const cells = await holdAll();
const costs = await priceAll();
const results = { systems: chosenSystems, faults: chosenFaults, cells, costs };
console.log(`\n${report(results, true)}`);
if (values.update) {
  await writeSection('streams that outlive their pod', report(results, !load().busy));
}
// Clients that hang do so still.
process.exit();
