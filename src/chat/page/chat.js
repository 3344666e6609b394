import { Exchange } from './exchange.js';
import { Narrator } from './narrator.js';
import { outcomeOf, outcomeOfError, stopped } from './outcome.js';
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
// Without an answer the page goes on with the embedded model.
offerModels().catch(() => undefined);
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
  const view = new Exchange(element('conversation'), question, () => {
    if (!running) void converse(question);
  });
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
      unanswered() {
        view.unanswered();
        strip.unanswered();
      },
    });
    return conclude(view, outcomeOf(last?.response, view), question);
  } catch (error) {
    return conclude(view, controller.signal.aborted ? stopped : outcomeOfError(error), question);
  } finally {
    strip.follow();
  }
}

/** Returns whether the answer is complete. */
function conclude(view, outcome, question) {
  const isComplete = outcome.state === 'complete';
  view.end(outcome);
  narrator.end(isComplete ? '' : ` ${outcome.remark}`);
  if (!isComplete) return false;
  history.push({ role: 'user', content: question }, { role: 'assistant', content: view.text });
  history.splice(0, history.length - 20);
  return true;
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

async function offerModels() {
  const answer = await fetch('/', { headers: { Accept: 'application/json' } });
  const { models, background } = await answer.json();
  offersBackground = background;
  element('model').replaceChildren(...models.map((name) => new Option(name)));
  element('model-choice').hidden = models.length < 2;
}
