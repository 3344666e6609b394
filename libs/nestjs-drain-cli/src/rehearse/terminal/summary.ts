import colors from 'picocolors';
import { formatDuration } from '../duration.js';
import { fates, isLost, type Fate } from '../verdict/fate.js';
import { type RehearsalReport } from '../verdict/report.js';

const paint: Record<Fate, (text: string) => string> = {
  complete: colors.green,
  resumed: colors.blue,
  told: colors.yellow,
  cut: colors.red,
  refused: colors.magenta,
  unfinished: colors.dim,
};

/** The verdict in all, and each cause with its remedy. */
export function summary(report: RehearsalReport, ok: boolean): string {
  const lines = [
    '',
    `${report.streams.length} streams over ${report.pods.length} pods in ${formatDuration(report.duration)}: ${counts(report.totals)}`,
    ...report.causes.map(({ sentence }) => `  ${colors.red('✗')} ${sentence}`),
    ...notes(report),
    ok ? colors.green(`✓ ${headline(report)}`) : colors.red(`✗ ${headline(report)}`),
  ];
  return lines.join('\n');
}

/** The verdict in one sentence, without colours. */
export function headline({ lost, totals, streams }: RehearsalReport): string {
  const judged = streams.length - totals.unfinished;
  if (judged === 0) return 'No stream came to an end: nothing was measured';
  if (lost > 0) return `${lost} of ${judged} streams were lost`;
  return `No stream was lost: all ${judged} ${totals.told > 0 ? 'ended whole or were told' : 'ended whole'}`;
}

/** `12 complete, 3 cut`, painted by fate; fates that no stream met are left out. */
export function counts(totals: Readonly<Record<Fate, number>>): string {
  const met = fates.filter((fate) => totals[fate] > 0 || fate === 'complete' || isLost(fate));
  return met.map((fate) => paint[fate](`${totals[fate]} ${fate}`)).join(', ');
}

function notes({ totals, stoppedAtLimit, ranDry }: RehearsalReport): string[] {
  return [
    ...(totals.unfinished > 0
      ? [`  ${totals.unfinished} streams had not ended: raise --settle to judge them`]
      : []),
    ...(ranDry
      ? ['  The clients used up --max-streams before the rollout was over: raise it, or --pause']
      : []),
    ...(stoppedAtLimit
      ? ['  Stopped at --time-limit: raise it, or look for a pod that hangs']
      : []),
  ];
}
