import { create } from 'xmlbuilder2';
import { type RehearsalReport } from '../verdict/report.js';
import { drawAxis } from './axis.js';
import { drawBand, drawGround } from './band.js';
import { drawHeading, headingHeight } from './heading.js';
import { layOut, plot } from './layout.js';
import { fontFamily, styleSheet, type Theme } from './palette.js';

export interface SvgOptions {
  readonly theme?: Theme;
  /** Title, legend and a story under every bar, for a picture that stands alone. Default true. */
  readonly alone?: boolean;
}

const axisHeight = 26;

/** The rehearsal as SVG: a band for each pod, its lifeline above the streams that it served. */
export function svgPicture(report: RehearsalReport, options: SvgOptions = {}): string {
  const { theme = 'auto', alone = true } = options;
  const top = alone ? headingHeight : 0;
  const layout = layOut(report, top + axisHeight + 6);
  const height = Math.ceil(layout.bottom + 20);
  const svg = create().ele('http://www.w3.org/2000/svg', 'svg', {
    viewBox: `0 0 ${plot.width} ${height}`,
    ...(alone ? { width: plot.width, height } : {}),
    role: 'img',
    'aria-label': `${report.verdict.sentence}. ${report.pods.length} pods, ${report.streams.length} streams.`,
    'font-family': fontFamily,
  });
  svg.ele('style').txt(styleSheet(theme));
  svg.ele('rect', { class: 'background', width: plot.width, height });
  if (alone) drawHeading(svg, report);
  for (const band of layout.bands) drawGround(svg, band);
  drawAxis(svg, layout, report.duration, top + axisHeight - 8);
  for (const band of layout.bands) drawBand(svg, band, layout, alone ? report : undefined);
  return svg.end({ headless: true });
}
