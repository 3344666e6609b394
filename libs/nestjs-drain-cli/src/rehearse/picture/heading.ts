import { type XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { formatDuration } from '../duration.js';
import { fates } from '../verdict/fate.js';
import { type RehearsalReport } from '../verdict/report.js';

export const headingHeight = 96;

const left = 24;

/** The verdict, what was rehearsed, and the legend with its counts. */
export function drawHeading(svg: XMLBuilder, report: RehearsalReport): void {
  const { command, platform, date, duration, verdict, totals } = report;
  svg
    .ele('text', {
      class: verdict.passed ? 'ink' : 'lost',
      x: left,
      y: 36,
      'font-size': 22,
      'font-weight': 600,
    })
    .txt(verdict.sentence);
  svg
    .ele('text', { class: 'muted', x: left, y: 58, 'font-size': 13 })
    .txt(
      `Rolling update of ${shorten(command)} as ${platform} does it, ${formatDuration(duration)}, ${date.slice(0, 10)}`,
    );
  let x = left;
  for (const fate of fates) {
    if (totals[fate] === 0) continue;
    const text = `${totals[fate]} ${fate}`;
    svg.ele('rect', { class: fate, x, y: 74, width: 11, height: 11, rx: 2 });
    svg.ele('text', { class: 'ink', x: x + 17, y: 84, 'font-size': 13 }).txt(text);
    x += 17 + text.length * 7.6 + 20;
  }
}

function shorten(command: string): string {
  return command.length > 90 ? `${command.slice(0, 90)}…` : command;
}
