/** How the page shows a snapshot (status-snapshot.ts). Values reach the document as text only. */
export const rendering = String.raw`
const $ = (id) => document.getElementById(id);
const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const create = (name, text = '', className = '') =>
  Object.assign(document.createElement(name), { textContent: text, className });
const number = (value) => value.toLocaleString('en');
const plural = (count, one, many = one + 's') => number(count) + ' ' + (count === 1 ? one : many);

function countdown({ secondsLeft, elapsed, bounds }) {
  $('countdown').hidden = secondsLeft === undefined;
  if (secondsLeft === undefined) return;
  const [number, label] = $('countdown').children;
  const left = secondsLeft > 0 ? secondsLeft : bounds.timeout + bounds.flushTimeout - elapsed;
  write(number, duration(Math.ceil(left)));
  write(label, secondsLeft > 0 ? 'to the deadline' : 'until the rest is cut');
}

/** 12 s below a minute, 4:05 and 1:04:05 above. */
function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return whole + ' s';
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => String(part).padStart(index ? 2 : 1, '0')).join(':');
}
function size(bytes) {
  if (bytes < 1000) return bytes + ' B';
  const unit = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return (bytes / 1000 ** unit).toFixed(1) + ' ' + ['B', 'kB', 'MB', 'GB'][unit];
}
function list(element, entries) {
  // A list that is written anew every second could not be read by a screen reader.
  const text = JSON.stringify(entries);
  if (element.dataset.shows === text) return;
  element.dataset.shows = text;
  element.replaceChildren(...entries.map(([name, value, note, kind]) => {
    const group = create('div', '', kind === 'bad' && value > 0 ? 'bad' : '');
    const definition = create('dd', number(value));
    if (note) definition.append(create('small', note));
    const term = create('dt', name);
    if (kind) term.dataset.fate = kind === 'bad' ? 'cut' : kind;
    group.append(term, definition);
    return group;
  }));
}

const titles = { serving: 'Serving', lameDuck: 'Lame duck', draining: 'Draining', drained: 'Drained' };
function explain({ phase, bounds, open, requests, messages, tasks, trigger, secondsLeft, report }) {
  if (phase === 'serving') return 'Streams are let in. A shutdown would take at most ' +
    duration(bounds.timeout + bounds.flushTimeout) + '.';
  if (phase === 'lameDuck') return 'Readiness answers 503. New streams are still let in, because load balancers ' +
    'have not heard yet (' + trigger + ').';
  if (phase === 'drained') return report && report.cut > 0
    ? 'Nothing is left, and ' + plural(report.cut, 'stream was', 'streams were') + ' cut.' : 'Nothing is left.';
  const left = open.finite + open.subscription;
  if (secondsLeft === 0) return 'The deadline has passed: farewells are leaving. What is open after ' +
    duration(bounds.flushTimeout) + ' is cut.';
  const what = left > 0 ? plural(left, 'stream') : requests > 0 ? plural(requests, 'request')
    : messages > 0 ? plural(messages, 'message') : plural(tasks, 'task');
  return 'New streams are refused. ' + what + ' may finish (' + trigger + ').';
}

function phases({ phase, entered, bounds, elapsed = 0, report }) {
  const { propagationDelay, timeout, flushTimeout } = bounds;
  const order = Object.keys(titles);
  const end = report ? report.waitedSeconds : elapsed;
  const closed = entered.draining ?? propagationDelay;
  const text = {
    serving: phase === 'serving' ? 'now' : 'until the trigger',
    lameDuck: propagationDelay > 0 ? duration(propagationDelay) : 'none',
    draining: (phase === 'drained' ? 'took ' + duration(end - closed) : 'until ' + duration(timeout)),
    drained: report ? 'after ' + duration(end) : 'by ' + duration(timeout + flushTimeout),
  };
  const part = {
    serving: 1,
    lameDuck: propagationDelay > 0 ? elapsed / propagationDelay : 1,
    draining: (elapsed - closed) / (timeout - closed),
    drained: 1,
  };
  for (const item of $('phases').children) {
    const name = item.dataset.phase;
    const [index, now] = [order.indexOf(name), order.indexOf(phase)];
    const done = index < now ? 1 : index > now ? 0 : part[name];
    item.style.setProperty('--done', Math.min(1, Math.max(0, done)) * 100 + '%');
    if (index === now) item.setAttribute('aria-current', 'step');
    else item.removeAttribute('aria-current');
    write(item.querySelector('span'), text[name]);
  }
}

const endings = { reconnect: 'told to reconnect', deadline: 'saying farewell', handedOff: 'handed off' };
const rows = new Map();
function row(stream) {
  const known = rows.get(stream.id);
  if (known) return known;
  const made = { element: create('tr'), route: create('code', stream.route), about: create('small'),
    cells: ['', ' events', '', ''].map((name) => create('td', '', 'number' + name)) };
  const head = Object.assign(create('th'), { scope: 'row', title: stream.id });
  head.append(made.route, made.about);
  made.element.append(head, ...made.cells);
  rows.set(stream.id, made);
  return made;
}
function showStreams({ streams, open }) {
  const ids = new Set(streams.map(({ id }) => id));
  for (const [id, { element }] of rows) if (!ids.has(id)) { element.remove(); rows.delete(id); }
  for (const stream of streams) {
    const { element, about, cells } = row(stream);
    const short = stream.id.length > 12 ? stream.id.slice(0, 12) + '…' : stream.id;
    write(about, short + ' · ' + stream.kind + (stream.endedFor ? ' · ' + endings[stream.endedFor] : ''));
    const quiet = stream.quiet;
    [duration(stream.age), stream.events === undefined ? '–' : number(stream.events),
      stream.bytes === undefined ? '–' : size(stream.bytes),
      !quiet ? '–' : quiet.seconds < 1 ? 'now' : (quiet.atLeast ? '> ' : '') + duration(quiet.seconds) + ' ago',
    ].forEach((text, index) => write(cells[index], text));
    if (!element.isConnected) $('streams').append(element);
  }
  const total = open.finite + open.subscription;
  write($('caption'), total === 0 ? 'No stream is open.'
    : total > streams.length ? 'The ' + streams.length + ' oldest of ' + number(total) + ', oldest first.' : 'Oldest first.');
  $('open').classList.toggle('bare', !streams.some(({ events }) => events !== undefined));
  $('open').querySelector('thead').hidden = total === 0;
}
`;
