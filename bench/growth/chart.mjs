import { init } from 'echarts';

const size = { width: 720, height: 320 };
/** Read well on white and on GitHub's dark background. */
const ink = '#7d8590';
const colors = ['#2f81f7', '#d2691e', '#8957e5', '#2da44e'];
const symbols = ['circle', 'triangle', 'rect', 'diamond'];

/**
 * A line chart as SVG, with its text as text. The size grows in powers of ten; the cost of one unit starts at 0.
 * @param chart `{ title, x, y, series: [{ name, points: [[x, y], …] }] }`
 */
export function draw({ title, x, y, series }) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption({
    animation: false,
    color: colors,
    textStyle: { color: ink, fontFamily: 'sans-serif' },
    title: { text: title, left: 8, textStyle: { color: ink, fontSize: 14 } },
    legend: { top: 34, left: 8, textStyle: { color: ink }, selectedMode: false },
    grid: { left: 64, right: 32, top: 76, bottom: 48 },
    xAxis: { ...axis(x), type: 'log', nameGap: 28, ...extent(series) },
    yAxis: { ...axis(y), type: 'value', min: 0, nameGap: 40 },
    series: series.map(({ name, points }, index) => ({
      ...{ type: 'line', name, data: points, symbol: symbols[index], symbolSize: 8 },
      ...{ silent: true, emphasis: { disabled: true } },
      lineStyle: { type: index % 2 === 0 ? 'solid' : 'dashed' },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${still(svg)}\n`;
}

/** Without what is for a mouse, and without numbers that depend on what was drawn before. */
function still(svg) {
  return svg
    .replaceAll(/<style[^]*?<\/style>\s*/g, '')
    .replaceAll(/ class="[^"]*"/g, '')
    .replaceAll(/zr\d+-/g, 'chart-');
}

const axis = (name) => ({
  name,
  nameLocation: 'middle',
  nameTextStyle: { color: ink },
  axisLine: { show: true, lineStyle: { color: ink } },
  axisLabel: { color: ink },
  splitLine: { lineStyle: { color: ink, opacity: 0.25 } },
});

function extent(series) {
  const sizes = series.flatMap(({ points }) => points.map(([x]) => x));
  const [min, max] = [Math.min(...sizes), Math.max(...sizes)];
  // Few sizes stand close to each other: powers of two.
  return { min, max, logBase: max / min < 100 ? 2 : 10 };
}
