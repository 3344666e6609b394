import { type Cell } from './cell.js';
import { type Cost } from './cost.js';
import { type Fault } from './fault.js';
import { type System } from './system.js';

/** What was measured, by system and by fault. */
export interface Results {
  readonly systems: readonly System[];
  readonly faults: readonly Fault[];
  readonly cells: ReadonlyMap<System, ReadonlyMap<Fault, Cell>>;
  readonly costs: ReadonlyMap<System, Cost>;
}

/** Which answers came whole, as Markdown. */
export function outcomes({ systems, faults, cells }: Results): string {
  return table(
    ['', ...systems.map(({ title }) => title)],
    faults.map((fault) => [
      `(${fault.letter}) ${fault.title}`,
      ...systems.map((system) => outcome(cells.get(system)?.get(fault))),
    ]),
  );
}

export function outcome(cell: Cell | undefined): string {
  if (!cell) return 'no store';
  const { answers, endings, lost, doubled } = cell;
  if (endings.whole === answers) return `**${endings.whole} of ${answers}**`;
  const details = [
    [lost, 'words lost'],
    [doubled, 'words doubled'],
    [endings.error, 'end with an error'],
    [endings.short, 'end as if whole'],
    [endings.hang, 'hang'],
  ] as const;
  const told = details.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${endings.whole} of ${answers}: ${told.join(', ')}`;
}

/** How long clients waited, and what a word costs while nothing fails. `timed`: whether times are told. */
export function prices(results: Results, timed: boolean): string {
  const { systems, faults, cells, costs } = results;
  const row = (title: string, value: (system: System) => string): string[] => [
    title,
    ...systems.map(value),
  ];
  const ofCost = (value: (cost: Cost) => string) => (system: System) => {
    const cost = costs.get(system);
    return cost ? value(cost) : '–';
  };
  const times = [
    ...faults.map((fault) =>
      row(`(${fault.letter}) longest pause of a whole answer, median`, (system) =>
        seconds(cells.get(system)?.get(fault)?.stalls ?? []),
      ),
    ),
    ...(costs.size > 0
      ? [row('no fault: ms to a word, median, with / without', ofCost(latency))]
      : []),
  ];
  const commands = row(
    'no fault: commands or requests of the store for a word',
    ofCost(({ commands }) => commands.toFixed(1)),
  );
  return table(
    ['', ...systems.map(({ title }) => title)],
    [...(timed ? times : []), ...(costs.size > 0 ? [commands] : [])],
  );
}

const latency = ({ latencies, bare }: Cost): string =>
  `${median(latencies).toFixed(2)} / ${median(bare).toFixed(2)}`;

function seconds(milliseconds: readonly number[]): string {
  return milliseconds.length === 0 ? '–' : `${(median(milliseconds) / 1000).toFixed(1)} s`;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
