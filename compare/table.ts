import { type RehearsalReport } from 'nestjs-drain-cli/rehearse';
import { type Scenario } from './scenario.js';
import { type Variant } from './variant.js';

/** What one variant did in every scenario. */
export interface Row {
  readonly variant: Variant;
  readonly reports: readonly RehearsalReport[];
}

/** Losses by variant and scenario, as Markdown. */
export function table(scenarios: readonly Scenario[], rows: readonly Row[]): string {
  const lines = [
    ['', ...scenarios.map(({ title }) => title)],
    ['---', ...scenarios.map(() => '---')],
    ...rows.map(({ variant, reports }) => [`**${variant.name}**`, ...reports.map(cell)]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(report: RehearsalReport): string {
  const { totals, lost, streams } = report;
  const judged = streams.length - totals.unfinished;
  const told = totals.told > 0 ? `, ${totals.told} told` : '';
  if (lost === 0) return `none of ${judged} lost${told}`;
  const how = [
    ...(totals.cut > 0 ? [`${totals.cut} cut`] : []),
    ...(totals.refused > 0 ? [`${totals.refused} refused`] : []),
  ];
  return `**${lost} of ${judged}** (${how.join(', ')})${told}${killed(report) ? ', SIGKILL' : ''}`;
}

function killed({ pods }: RehearsalReport): boolean {
  return pods.some(({ events }) => events.some(({ kind }) => kind === 'sigkill'));
}

/** Where a peer lost no more than nestjs-drain, in words. */
export function asGood(scenarios: readonly Scenario[], rows: readonly Row[]): string[] {
  const own = rows.at(-1);
  return scenarios.flatMap(({ title }, index) => {
    const least = own?.reports[index]?.lost ?? 0;
    const peers = rows.filter(
      (row) => row !== own && (row.reports[index]?.lost ?? Infinity) <= least,
    );
    if (peers.length === 0) return [];
    return [
      `- ${title}: as good as nestjs-drain here: ${peers.map((row) => row.variant.name).join(', ')}.`,
    ];
  });
}
