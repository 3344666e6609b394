/** How the page lives: it reads its feed, counts down in between, and says aloud what has changed. */
export const connection = String.raw`
const base = location.pathname.replace(/\/+$/, '');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let token, latest, receivedAt, announced = '';

const authorization = () => (token === undefined ? {} : { Authorization: 'Bearer ' + token });
function link(state, text) {
  $('link').dataset.state = state;
  write($('link'), text);
  $('state').classList.toggle('stale', state === 'lost');
}
function announce(text) {
  if (text !== announced) $('news').textContent = announced = text;
}

/** The snapshot, moved on by the time since it came. */
function now() {
  const passed = latest.phase === 'drained' ? 0 : (performance.now() - receivedAt) / 1000;
  const { elapsed, secondsLeft } = latest;
  return { ...latest,
    elapsed: elapsed === undefined ? undefined : elapsed + passed,
    secondsLeft: secondsLeft === undefined ? undefined : Math.max(0, secondsLeft - passed) };
}
function tick() {
  if (!latest) return;
  const state = now();
  phases(state);
  write($('explanation'), explain(state));
  countdown(state);
}
function milestone({ phase, secondsLeft, report }) {
  if (report) return report.summary;
  const mark = [60, 30, 10].filter((seconds) => phase === 'draining' && secondsLeft <= seconds).pop();
  return titles[phase] + (mark && secondsLeft > 0 ? ', less than ' + mark + ' seconds to the deadline' : '');
}

function show(snapshot) {
  latest = snapshot;
  receivedAt = performance.now();
  const { phase, report, open, totals } = snapshot;
  $('state').hidden = false;
  $('state').dataset.phase = phase;
  $('state').toggleAttribute('data-lost', Boolean(report && report.cut > 0));
  write($('pod'), snapshot.pod);
  write($('headline'), titles[phase]);
  document.title = titles[phase] + ' · ' + snapshot.pod;
  list($('numbers'), [
    ['Open streams', open.finite + open.subscription, open.finite + ' finite, ' + open.subscription + ' subscribed'],
    ['Requests in flight', snapshot.requests, plural(snapshot.messages, 'message') + ', ' + plural(snapshot.tasks, 'task')],
    ['Let in', totals.admitted, 'in all'],
    ['Refused', totals.refused, 'in all'],
    ['Cut', totals.cut, 'in all', 'bad'],
  ]);
  $('report').hidden = !report;
  if (report) showReport(report);
  $('open').hidden = $('numbers').hidden = Boolean(report);
  showStreams(snapshot);
  $('actions').hidden = token === undefined || phase !== 'serving';
  announce(milestone(snapshot));
  tick();
}
function showReport(report) {
  write($('summary'), report.summary);
  const fates = [['Completed', 'completed'], ['Abandoned', 'abandoned'], ['Reconnected', 'reconnect'], ['Cancelled', 'cancelled'], ['Handed off', 'handedOff'], ['Cut', 'cut']];
  $('fates').replaceChildren(...fates.filter(([, name]) => report[name] > 0).map(([, name]) => {
    const bar = create('i');
    bar.dataset.fate = name;
    bar.style.setProperty('--count', report[name]);
    return bar;
  }));
  list($('report-numbers'), [
    ...fates.map(([title, name]) => [title, report[name], '', name === 'cut' ? 'bad' : name]),
    ['Refused', report.refused],
  ]);
}

async function listen(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const messages = (text + value).split('\n\n');
    text = messages.pop();
    for (const message of messages) show(JSON.parse(message.replace(/^data: /, '')));
  }
}
async function refused(response) {
  const body = await response.json().catch(() => ({}));
  $('unlock').hidden = false;
  write($('refusal'), token === undefined ? 'It is what the application was given as control.token.'
    : body.message ?? 'The server answered ' + response.status + '.');
  link('lost', 'locked');
  $('token').focus();
  await new Promise((resolve) => { $('unlock').onsubmit = (event) => { event.preventDefault(); resolve(); }; });
  token = $('token').value;
}
async function attempt() {
  const response = await fetch(base + '/feed', { headers: authorization(), cache: 'no-store' });
  if (response.status === 403 || response.status === 401) return refused(response);
  if (!response.ok) throw new Error('The feed answered ' + response.status + '.');
  $('unlock').hidden = true;
  link('live', 'live');
  await listen(response);
  await pause(1000);
}
async function run() {
  for (;;) {
    try {
      await attempt();
    } catch {
      const gone = latest?.phase === 'drained';
      link(gone ? 'gone' : 'lost', gone ? 'this process has ended' : 'no connection, trying again');
      if (!gone) announce('The connection is lost');
      await pause(gone ? 5000 : 1000);
    }
  }
}

$('drain').onclick = () => $('confirm').showModal();
$('confirm').onclose = async () => {
  if ($('confirm').returnValue !== 'drain') return;
  const response = await fetch(base + '/initiate', { method: 'POST', headers: authorization() }).catch(() => undefined);
  if (!response?.ok) announce('The drain could not be started');
};
setInterval(tick, 1000);
void run();
`;
