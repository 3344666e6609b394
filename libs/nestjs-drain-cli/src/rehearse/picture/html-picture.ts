import { formatDuration } from '../duration.js';
import { fates, isLost } from '../verdict/fate.js';
import { type RehearsalReport } from '../verdict/report.js';
import { pageScript } from './page-script.js';
import { pageStyle } from './page-style.js';
import { storyOf } from './story.js';
import { svgPicture } from './svg-picture.js';

/** More rows would make the table slower to read than the picture. */
const tableRows = 500;

/** The rehearsal as one page without external resources: verdict, causes, picture and its stories. */
export function htmlPicture(report: RehearsalReport): string {
  const { command, platform, date, duration, verdict } = report;
  const title = escape(report.verdict.sentence);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${pageStyle()}</style>
</head>
<body>
<header>
<h1${verdict.passed ? '' : ' class="loss"'}>${title}</h1>
<p>Rolling update of <code>${escape(command)}</code> as ${escape(platform)} does it, ${formatDuration(duration)}, ${date.slice(0, 16).replace('T', ' ')} UTC</p>
${legend(report)}
</header>
<main>
${causes(report)}
<section aria-labelledby="picture-title">
<h2 id="picture-title">Pods and their streams</h2>
<p class="hint">Point at a bar for its story, or focus the picture and walk through the streams with ← and →, through the lost ones with ↑ and ↓.</p>
<div id="picture" tabindex="0" role="application" aria-label="Streams by pod; the arrow keys tell their stories" aria-describedby="story">
${svgPicture(report, { alone: false })}
<div id="story" role="status" aria-live="polite" hidden></div>
</div>
</section>
${lostTable(report)}
</main>
<script type="application/json" id="data">${data(report)}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}

/** Each fate is a button that leaves only its streams bright. */
function legend({ totals }: RehearsalReport): string {
  const met = fates.filter((fate) => totals[fate] > 0);
  const buttons = met.map(
    (fate) =>
      `<button type="button" aria-pressed="false" data-fate="${fate}"><i class="${fate}"></i>${totals[fate]} ${fate}</button>`,
  );
  return `<div class="legend" role="group" aria-label="Show only">${buttons.join('\n')}</div>`;
}

function causes({ causes: found, warnings }: RehearsalReport): string {
  if (found.length + warnings.length === 0) return '';
  const items = [
    ...found.map(({ what, remedy }) => item('cause', what, remedy)),
    ...warnings.map(({ sentence }) => item('warning', sentence)),
  ];
  return `<section aria-labelledby="why"><h2 id="why">Why, and what helps</h2><ul class="causes">${items.join('\n')}</ul></section>`;
}

function item(kind: 'cause' | 'warning', what: string, remedy = ''): string {
  return `<li class="${kind}"><strong>${escape(what)}</strong><span>${escape(remedy)}</span></li>`;
}

function lostTable({ streams }: RehearsalReport): string {
  const lost = streams.filter(({ fate }) => isLost(fate));
  if (lost.length === 0) return '';
  const rows = lost.slice(0, tableRows).map((stream) => {
    const last = stream.attempts.at(-1);
    const cells = [stream.id, stream.fate, last?.pod ?? 'none', stream.why ?? ''];
    return `<tr>${cells.map((cell) => `<td>${escape(String(cell))}</td>`).join('')}</tr>`;
  });
  const more = lost.length > tableRows ? ` (the first ${tableRows})` : '';
  return `<details><summary>The ${lost.length} lost streams as a table${more}</summary><div class="table"><table>
<thead><tr><th scope="col">Stream</th><th scope="col">Fate</th><th scope="col">Pod</th><th scope="col">Why</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></details>`;
}

/** The stories, in the order in which the picture's bars name them. */
function data({ streams }: RehearsalReport): string {
  const stories = streams.map((stream) => ({ fate: stream.fate, lines: storyOf(stream) }));
  return JSON.stringify(stories).replaceAll('<', '\\u003c');
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
