import { fates } from '../verdict/fate.js';
import { fontFamily, pageColours } from './palette.js';

/** The style of the page around the picture. */
export function pageStyle(): string {
  return `${pageColours()}
* { box-sizing: border-box; }
body { margin: 0; padding: 24px; background: var(--background); color: var(--ink); font: 15px/1.5 ${fontFamily}; }
header, main { max-width: 1600px; margin: 0 auto; }
h1 { margin: 0; font-size: 26px; line-height: 1.25; }
h1.loss { color: var(--cut); }
h2 { margin: 28px 0 8px; font-size: 16px; }
header p { margin: 4px 0 14px; color: var(--muted); overflow-wrap: anywhere; }
code { font: 13px ui-monospace, 'Liberation Mono', monospace; }
.legend { display: flex; flex-wrap: wrap; gap: 8px; }
.legend button { display: inline-flex; align-items: center; gap: 8px; padding: 4px 12px; font: inherit; color: inherit;
  background: var(--band); border: 1px solid var(--grid); border-radius: 999px; cursor: pointer; }
.legend button[aria-pressed=true] { border-color: var(--ink); }
.legend i { width: 11px; height: 11px; border-radius: 3px; }
${fates.map((fate) => `.legend i.${fate} { background: var(--${fate}); }`).join('\n')}
.causes { display: grid; gap: 8px; margin: 0; padding: 0; list-style: none; }
.causes li { padding: 10px 14px; background: var(--band); border-left: 4px solid var(--cut); border-radius: 4px; }
.causes li.warning { border-left-color: var(--told); }
.causes strong { display: block; font-weight: 600; }
.causes span { display: block; color: var(--muted); }
.causes span::first-letter { text-transform: uppercase; }
.hint { margin: 0 0 8px; color: var(--muted); font-size: 13px; }
#picture { position: relative; margin: 6px; border-radius: 6px; }
#picture svg { display: block; width: 100%; height: auto; min-width: 760px; }
#picture:focus-visible { outline: 2px solid var(--resumed); outline-offset: 4px; }
section:has(#picture) { overflow-x: auto; }
#picture.filtered rect[data-stream] { opacity: 0.12; }
#picture.filtered rect[data-stream].shown { opacity: 1; }
#picture rect.current { stroke: var(--ink); stroke-width: 1.5px; opacity: 1 !important; }
#story { position: absolute; z-index: 1; max-width: 440px; padding: 10px 14px; font-size: 13px; line-height: 1.45; pointer-events: none;
  background: var(--background); border: 1px solid var(--muted); border-radius: 6px; box-shadow: 0 6px 24px rgb(0 0 0 / 25%); }
#story strong { display: block; }
details { margin: 28px 0; }
summary { cursor: pointer; font-weight: 600; }
.table { overflow-x: auto; margin-top: 8px; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 5px 14px 5px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--grid); }
th { color: var(--muted); font-weight: 600; }`;
}
