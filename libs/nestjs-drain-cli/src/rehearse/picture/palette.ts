import { type Fate } from '../verdict/fate.js';

/** A phase of a pod's life, as its lifeline shows it. */
export type PodPhase = 'starting' | 'serving' | 'hook' | 'ending';

interface Palette {
  readonly background: string;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly band: string;
  readonly fates: Readonly<Record<Fate, string>>;
  readonly phases: Readonly<Record<PodPhase, string>>;
  /** Ink on each phase. */
  readonly labels: Readonly<Record<PodPhase, string>>;
}

const light: Palette = {
  background: '#ffffff',
  ink: '#1a2230',
  muted: '#5b6879',
  grid: '#e4e9f0',
  band: '#f6f8fb',
  fates: {
    complete: '#5bb197',
    resumed: '#3d7fd6',
    told: '#dd9d0f',
    unknown: '#8a7b5c',
    cut: '#d3203b',
    refused: '#8d3bc7',
    unfinished: '#a9b4c3',
  },
  phases: { starting: '#dde4ec', serving: '#bccadb', hook: '#7389a6', ending: '#3b4c66' },
  labels: { starting: '#5b6879', serving: '#1a2230', hook: '#ffffff', ending: '#ffffff' },
};

const dark: Palette = {
  background: '#0f141c',
  ink: '#e8edf4',
  muted: '#97a5b9',
  grid: '#232d3b',
  band: '#151c27',
  fates: {
    complete: '#3d9a7b',
    resumed: '#5c9df2',
    told: '#e5b53f',
    unknown: '#a89972',
    cut: '#ff5267',
    refused: '#c281f7',
    unfinished: '#596678',
  },
  phases: { starting: '#202b3a', serving: '#35475f', hook: '#5f7aa0', ending: '#a9bdd9' },
  labels: { starting: '#97a5b9', serving: '#e8edf4', hook: '#ffffff', ending: '#0f141c' },
};

export const fontFamily =
  "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** `auto` follows the reader's colour scheme; pictures without one take `light`. */
export type Theme = 'auto' | 'light';

/** The picture's colours as a style sheet of classes, which every renderer of SVG understands. */
export function styleSheet(theme: Theme): string {
  if (theme === 'light') return rules(light);
  return `${rules(light)}\n@media (prefers-color-scheme: dark) {\n${rules(dark)}\n}`;
}

function rules(palette: Palette): string {
  const { background, ink, muted, grid, band, fates, phases, labels } = palette;
  return [
    `.background { fill: ${background}; }`,
    `.ink { fill: ${ink}; }`,
    `.muted { fill: ${muted}; }`,
    `.lost { fill: ${fates.cut}; }`,
    `.band { fill: ${band}; }`,
    `.grid { stroke: ${grid}; }`,
    `.mark { stroke: ${muted}; }`,
    `.end { stroke: ${ink}; }`,
    ...Object.entries(fates).map(([fate, colour]) => `.${fate} { fill: ${colour}; }`),
    ...Object.entries(phases).map(([phase, colour]) => `.phase-${phase} { fill: ${colour}; }`),
    ...Object.entries(labels).map(([phase, colour]) => `.on-${phase} { fill: ${colour}; }`),
  ].join('\n');
}

/** The same colours as custom properties, for the page around the picture. */
export function pageColours(): string {
  const properties = ({ background, ink, muted, grid, band, fates }: Palette) =>
    [...Object.entries({ background, ink, muted, grid, band }), ...Object.entries(fates)]
      .map(([name, colour]) => `--${name}: ${colour};`)
      .join(' ');
  return `:root { color-scheme: light dark; ${properties(light)} }
@media (prefers-color-scheme: dark) { :root { ${properties(dark)} } }`;
}
