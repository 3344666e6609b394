import { formatDuration } from '../duration.js';
import { fates, isLost } from '../verdict/fate.js';
import { PodStory } from '../verdict/pod-story.js';
import { type RehearsalReport } from '../verdict/report.js';
import { phasesOf, phaseWords } from './phases.js';

/**
 * Verdict and picture as Markdown with a Mermaid chart, which GitHub draws in a job's summary:
 * images that are not on a server of their own are not shown there.
 */
export function markdownPicture(report: RehearsalReport): string {
  const { verdict, command, platform, duration, causes, warnings } = report;
  const lines = [
    `### ${verdict.passed ? '✅' : '❌'} ${verdict.sentence}`,
    '',
    `Rolling update of \`${command.replaceAll('`', "'")}\` as ${platform} does it, ${formatDuration(duration)}.`,
    '',
    ...tableOf(report),
    '',
    ...causes.map(({ sentence }) => `- ❌ ${sentence}`),
    ...warnings.map(({ sentence }) => `- ⚠️ ${sentence}`),
    '',
    ...chartOf(report),
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function tableOf({ totals }: RehearsalReport): string[] {
  const met = fates.filter((fate) => totals[fate] > 0);
  return [
    `| ${met.join(' | ')} |`,
    `| ${met.map(() => '---:').join(' | ')} |`,
    `| ${met.map((fate) => totals[fate]).join(' | ')} |`,
  ];
}

/** A section for each pod: its phases, and what was lost on it. */
function chartOf({ pods, streams, duration }: RehearsalReport): string[] {
  const sections = pods.flatMap(({ name, events }) => {
    const phases = phasesOf(new PodStory(name, events), duration).map(
      ({ phase, from, to }) =>
        `    ${phaseWords[phase]} :${phase === 'ending' ? 'done, ' : ''}${Math.round(from)}, ${Math.round(to)}`,
    );
    const lost = streams.filter(
      ({ fate, attempts }) => isLost(fate) && attempts.at(-1)?.pod === name,
    );
    const times = lost.map(({ attempts }) => attempts.at(-1)?.endedAt ?? 0).sort((a, b) => a - b);
    const [first = 0] = times;
    const last = Math.max(times.at(-1) ?? 0, first + duration / 100);
    const loss = `    ${lost.length} lost :crit, ${Math.round(first)}, ${Math.round(last)}`;
    return [`  section ${name}`, ...phases, ...(lost.length > 0 ? [loss] : [])];
  });
  return ['```mermaid', 'gantt', '  dateFormat x', '  axisFormat %S s', ...sections, '```'];
}
