/** The page's own script: finds the bar nearest to the pointer or next by key, and tells its story. */
export const pageScript = `
'use strict';
const stories = JSON.parse(document.getElementById('data').textContent);
const picture = document.getElementById('picture');
const svg = picture.querySelector('svg');
const story = document.getElementById('story');
const byStream = new Map();
const bars = [...svg.querySelectorAll('rect[data-stream]')].map((element) => {
  const number = (name) => Number(element.getAttribute(name));
  const bar = { element, stream: number('data-stream'), x: number('x'), y: number('y'), width: number('width'), height: number('height') };
  if (!byStream.has(bar.stream)) byStream.set(bar.stream, []);
  byStream.get(bar.stream).push(bar);
  return bar;
});
const order = [...byStream.keys()].sort((a, b) => a - b);
const lost = order.filter((stream) => ['cut', 'refused'].includes(stories[stream].fate));
let current;

function show(stream) {
  if (stream === current) return;
  for (const { element } of byStream.get(current) ?? []) element.classList.remove('current');
  current = stream;
  story.hidden = stream === undefined;
  if (stream === undefined) return;
  for (const { element } of byStream.get(stream)) element.classList.add('current');
  const [head, ...lines] = stories[stream].lines;
  story.replaceChildren(line('strong', head), ...lines.map((text) => line('div', text)));
}

function line(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}

function place(x, y) {
  const box = picture.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = story;
  const right = Math.min(document.documentElement.clientWidth, box.right) - box.left;
  const bottom = document.documentElement.clientHeight - box.top;
  story.style.left = Math.max(0, Math.min(x - box.left + 14, right - width - 4)) + 'px';
  const below = y - box.top + 16;
  story.style.top = (below + height > bottom ? Math.max(-box.top, y - box.top - height - 12) : below) + 'px';
}

function nearest(event) {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  let best, least = 7;
  for (const bar of bars) {
    const dx = Math.max(bar.x - point.x, 0, point.x - bar.x - bar.width);
    const dy = Math.max(bar.y - point.y, 0, point.y - bar.y - bar.height);
    const distance = Math.hypot(dx, dy);
    if (distance < least) [best, least] = [bar, distance];
  }
  return best;
}

picture.addEventListener('pointermove', (event) => {
  const bar = nearest(event);
  show(bar && bar.stream);
  if (bar) place(event.clientX, event.clientY);
});
picture.addEventListener('pointerleave', () => show(undefined));
picture.addEventListener('blur', () => show(undefined));
picture.addEventListener('keydown', (event) => {
  const moves = { ArrowLeft: [order, -1], ArrowRight: [order, 1], ArrowUp: [lost, -1], ArrowDown: [lost, 1] };
  const move = moves[event.key];
  if (event.key === 'Escape') show(undefined);
  if (!move || move[0].length === 0) return;
  event.preventDefault();
  const [list, step] = move;
  const at = list.indexOf(current);
  const next = list.findIndex((stream) => stream > (current ?? -1));
  const index = at >= 0 ? at + step : step > 0 ? (next < 0 ? 0 : next) : (next < 0 ? list.length : next) - 1;
  show(list[(index + list.length) % list.length]);
  const { element } = byStream.get(current).at(-1);
  element.scrollIntoView({ block: 'nearest' });
  const box = element.getBoundingClientRect();
  place(box.right, box.bottom);
});

for (const button of document.querySelectorAll('[data-fate]')) {
  button.addEventListener('click', () => {
    button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
    const shown = [...document.querySelectorAll('[data-fate][aria-pressed=true]')].map((one) => one.dataset.fate);
    picture.classList.toggle('filtered', shown.length > 0);
    for (const { element, stream } of bars) element.classList.toggle('shown', shown.includes(stories[stream].fate));
  });
}
`;
