import { ticks } from 'd3-array';
import { type XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { type Layout } from './layout.js';

/** Seconds along the top, with a faint line through all bands. */
export function drawAxis(svg: XMLBuilder, layout: Layout, duration: number, y: number): void {
  const seconds = ticks(layout.begin / 1000, duration / 1000, 12);
  for (const second of seconds) {
    const x = layout.x(second * 1000).toFixed(1);
    svg.ele('line', { class: 'grid', x1: x, x2: x, y1: y + 6, y2: layout.bottom });
    svg
      .ele('text', { class: 'muted', x, y, 'font-size': 11, 'text-anchor': 'middle' })
      .txt(`${second} s`);
  }
}
