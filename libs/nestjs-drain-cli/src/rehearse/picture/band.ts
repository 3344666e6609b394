import { type XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { type RehearsalReport } from '../verdict/report.js';
import { isMarked, labelsOf } from './labels.js';
import { plot, type Band, type Bar, type Layout } from './layout.js';
import { type PodPhase } from './palette.js';
import { phasesOf, phaseWords } from './phases.js';
import { storyOf } from './story.js';

const lifeline = { offset: 30, height: 14 };
const labelHeight = 12;

/** The ground that one pod's band stands on. */
export function drawGround(svg: XMLBuilder, { y, height }: Band): void {
  const width = plot.width - 24;
  svg.ele('rect', { class: 'band', x: 12, y, width, height: height.toFixed(1), rx: 6 });
}

/** One pod: its name, its lifeline with labelled events, and its streams. */
export function drawBand(
  svg: XMLBuilder,
  band: Band,
  layout: Layout,
  stories: RehearsalReport | undefined,
): void {
  const group = svg.ele('g');
  drawName(group, band);
  drawMarks(group, band, layout);
  drawLifeline(group, band, layout);
  for (const bar of band.bars) drawBar(group, bar, stories);
}

function drawName(group: XMLBuilder, { name, y, bars }: Band): void {
  const streams = new Set(bars.map(({ stream }) => stream)).size;
  group
    .ele('text', { class: 'ink', x: 24, y: y + 33, 'font-size': 13, 'font-weight': 600 })
    .txt(name.replace('-', ' '));
  group
    .ele('text', { class: 'muted', x: 24, y: y + 47, 'font-size': 11 })
    .txt(`${streams} stream${streams === 1 ? '' : 's'}`);
}

function drawMarks(group: XMLBuilder, { story, y, height }: Band, layout: Layout): void {
  for (const event of story.events.filter(isMarked)) {
    const x = layout.x(event.at).toFixed(1);
    const final = event.kind === 'exited' || event.kind === 'sigkill';
    group.ele('line', {
      class: final ? 'end' : 'mark',
      x1: x,
      x2: x,
      y1: y + lifeline.offset - 3,
      y2: (y + height).toFixed(1),
      ...(event.kind.startsWith('endpoint') ? { 'stroke-dasharray': '3 3' } : {}),
    });
  }
  for (const { x, row, text, anchor } of labelsOf(story.events, layout.x)) {
    group
      .ele('text', {
        class: 'muted',
        x: x.toFixed(1),
        y: y + lifeline.offset - 6 - row * labelHeight,
        'font-size': 11,
        'text-anchor': anchor,
      })
      .txt(text);
  }
}

function drawLifeline(group: XMLBuilder, { story, y }: Band, layout: Layout): void {
  for (const { phase, from, to } of phasesOf(story, layout.end)) {
    const [left, right] = [layout.x(from), layout.x(to)];
    if (right > left) drawPhase(group, phase, left, right - left, y + lifeline.offset);
  }
}

function drawPhase(group: XMLBuilder, phase: PodPhase, x: number, width: number, y: number): void {
  group.ele('rect', {
    class: `phase-${phase}`,
    x: x.toFixed(1),
    y,
    width: width.toFixed(1),
    height: lifeline.height,
  });
  const text = phaseWords[phase];
  if (width < text.length * 6 + 10) return;
  group
    .ele('text', { class: `on-${phase}`, x: (x + 6).toFixed(1), y: y + 10.5, 'font-size': 10 })
    .txt(text);
}

function drawBar(group: XMLBuilder, bar: Bar, stories: RehearsalReport | undefined): void {
  if (bar.wait > 0) drawWait(group, bar, stories === undefined);
  const rect = group.ele('rect', {
    class: bar.fate,
    ...(stories ? {} : { 'data-stream': bar.stream }),
    x: bar.x.toFixed(1),
    y: bar.y.toFixed(2),
    width: bar.width.toFixed(1),
    height: bar.height.toFixed(2),
    ...(bar.height >= 5 && bar.width >= 5 ? { rx: 1.5 } : {}),
  });
  const stream = stories?.streams[bar.stream];
  if (stream) rect.ele('title').txt(storyOf(stream).join('\n'));
  // A lost stream's end stands out by its shape as well as by its colour.
  if (!bar.loss || bar.height < 3) return;
  group.ele('rect', {
    class: 'ink',
    x: (bar.x + bar.width).toFixed(1),
    y: (bar.y - 0.5).toFixed(2),
    width: 2,
    height: (bar.height + 1).toFixed(2),
  });
}

/** From the request to the first byte: a thin line of the same colour. */
function drawWait(group: XMLBuilder, bar: Bar, named: boolean): void {
  const { fate, stream, x, y, wait, height } = bar;
  const thickness = Math.min(height, Math.max(height / 4, 0.8));
  group.ele('rect', {
    class: `${fate} wait`,
    ...(named ? { 'data-stream': stream } : {}),
    x: (x - wait).toFixed(1),
    y: (y + (height - thickness) / 2).toFixed(2),
    width: wait.toFixed(1),
    height: thickness.toFixed(2),
  });
}
