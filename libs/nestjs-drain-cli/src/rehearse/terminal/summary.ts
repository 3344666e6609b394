import colors from 'picocolors';
import { formatDuration } from '../duration.js';
import { fates, isLost, type Fate } from '../verdict/fate.js';
import { type RehearsalReport } from '../verdict/report.js';

const paint: Record<Fate, (text: string) => string> = {
  complete: colors.green,
  resumed: colors.blue,
  told: colors.yellow,
  unknown: colors.yellow,
  cut: colors.red,
  refused: colors.magenta,
  unfinished: colors.dim,
};

/** The verdict in all, each cause with its remedy, and what else to know. */
export function summary(report: RehearsalReport): string {
  const { streams, pods, duration, totals, causes, warnings, verdict } = report;
  const lines = [
    '',
    `${streams.length} streams over ${pods.length} pods in ${formatDuration(duration)}: ${counts(totals)}`,
    ...causesOnce(causes).map((cause) => `  ${colors.red('✗')} ${cause}`),
    ...warnings.map(({ sentence }) => `  ${colors.yellow('!')} ${sentence}`),
    verdict.passed ? colors.green(`✓ ${verdict.sentence}`) : colors.red(`✗ ${verdict.sentence}`),
  ];
  return lines.join('\n');
}

/** A remedy that several causes share is said with the first of them. */
function causesOnce(causes: RehearsalReport['causes']): string[] {
  const said = new Set<string>();
  return causes.map(({ what, remedy, sentence }) => {
    if (said.has(remedy)) return `${what}: as above`;
    said.add(remedy);
    return sentence;
  });
}

/** `12 complete, 3 cut`, painted by fate; fates that no stream met are left out. */
export function counts(totals: Readonly<Record<Fate, number>>): string {
  const met = fates.filter((fate) => totals[fate] > 0 || fate === 'complete' || isLost(fate));
  return met.map((fate) => paint[fate](`${totals[fate]} ${fate}`)).join(', ');
}
