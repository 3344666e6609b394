import { Exchange } from './exchange.js';
import { Narrator } from './narrator.js';
import { PodStrip } from './pod-strip.js';
import { streamReply } from './reply.js';
import { sample } from './sample.js';

const element = (id) => document.getElementById(id);
const [form, prompt, send, repeat] = ['composer', 'prompt', 'send', 'repeat'].map(element);
const strip = new PodStrip();
const narrator = new Narrator();
/** What was said, for models that listen. */
const history = [];
let running;
/** Whether an answer can go on without the page: only where other replicas see the store. */
let offersBackground = false;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (running) stop();
  else if (prompt.value.trim() !== '') void converse(take(prompt));
});

prompt.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || running) return;
  event.preventDefault();
  form.requestSubmit();
});

element('sample').addEventListener('click', () => {
  prompt.value = sample;
  prompt.focus();
});

strip.follow();
void offerModels();
if (location.hash === '#demo') {
  repeat.checked = true;
  void converse(sample);
}

/** One question, or the same one until the user stops it. */
async function converse(question) {
  element('welcome').hidden = true;
  do {
    running = new AbortController();
    setSending(true);
    const complete = await exchange(question, running);
    running = undefined;
    setSending(false);
    if (!complete) return;
    await new Promise((resolve) => setTimeout(resolve, 1500));
  } while (repeat.checked && !running);
}

/** Returns whether the answer came to its end. */
async function exchange(question, controller) {
  const view = new Exchange(element('conversation'), question);
  narrator.begin();
  const request = {
    model: element('model').value || 'echo',
    input: [...history, { role: 'user', content: question }],
    stream: true,
    store: true,
    background: offersBackground,
  };
  try {
    const last = await streamReply(request, controller.signal, {
      created: (id) => (controller.id = id),
      answeredBy(pod) {
        view.answeredBy(pod);
        strip.follow(pod);
      },
      write(text) {
        view.write(text);
        narrator.hear(text);
      },
      lost() {
        view.lost();
        strip.lost();
      },
    });
    return conclude(view, last, question);
  } catch (error) {
    const stopped = controller.signal.aborted;
    view.end(stopped ? 'stopped' : 'broken', stopped ? 'Stopped.' : error.message);
    narrator.end(stopped ? ' Stopped.' : ` The answer broke off. ${error.message}`);
    return false;
  } finally {
    strip.follow();
  }
}

function conclude(view, last, question) {
  const { response } = last ?? {};
  const text = response?.output?.[0]?.content?.[0]?.text;
  narrator.end();
  if (response?.status === 'completed' && text === view.text) {
    history.push({ role: 'user', content: question }, { role: 'assistant', content: text });
    history.splice(0, history.length - 20);
    view.end('complete', `${wordsIn(text)}, ${movesOf(view.moves)}: complete`);
    return true;
  }
  const reason =
    response?.status === 'completed'
      ? 'The text differs from what the server has.'
      : (response?.error?.message ??
        `Ended as ${response?.status ?? 'error'}${reasonOf(response)}. Ask again.`);
  view.end('broken', reason);
  narrator.end(reason);
  return false;
}

function stop() {
  const { id } = running;
  running.abort();
  // The replica that goes on with this answer has to stop: any replica can be asked.
  if (id) void fetch(`/v1/responses/${id}/cancel`, { method: 'POST' }).catch(() => undefined);
}

function take(field) {
  const text = field.value;
  field.value = '';
  return text;
}

function setSending(sending) {
  send.textContent = sending ? 'Stop' : 'Send';
  send.classList.toggle('stop', sending);
  prompt.required = !sending;
}

function wordsIn(text) {
  const count = text.split(/\s+/).filter(Boolean).length;
  return count === 1 ? '1 word' : `${count} words`;
}

function movesOf(moves) {
  if (moves === 0) return 'from one pod';
  return moves === 1 ? 'moved once' : `moved ${moves} times`;
}

function reasonOf(response) {
  const reason = response?.incomplete_details?.reason;
  return reason ? ` (${reason})` : '';
}

async function offerModels() {
  const answer = await fetch('/', { headers: { Accept: 'application/json' } });
  const { models, background } = await answer.json();
  offersBackground = background;
  element('model').replaceChildren(...models.map((name) => new Option(name)));
  element('model-choice').hidden = models.length < 2;
}
