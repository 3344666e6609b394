import { shortName } from './pod-name.js';

const template = document.getElementById('exchange');
const kept = 12;

/** A question and its answer on the page. */
export class Exchange {
  #answer;
  #text;
  #path;
  #outcome;
  #again;
  #pods = [];
  #moves = 0;

  /** @param onAgain asks the same question again */
  constructor(conversation, question, onAgain) {
    const item = template.content.cloneNode(true).firstElementChild;
    this.#answer = item.querySelector('.answer');
    this.#text = item.querySelector('.text');
    this.#path = item.querySelector('.path');
    this.#outcome = item.querySelector('.outcome');
    this.#again = item.querySelector('.again');
    this.#again.addEventListener('click', onAgain);
    this.#answer.dataset.state = 'waiting';
    conversation.append(item);
    showQuestion(item.querySelector('.question'), question);
    while (conversation.children.length > kept) conversation.firstElementChild.remove();
    item.scrollIntoView({ block: 'start' });
  }

  get text() {
    return this.#text.textContent;
  }

  /** How often the answer went on from another connection. */
  get moves() {
    return this.#moves;
  }

  answeredBy(pod) {
    const last = this.#pods.at(-1);
    if (last !== undefined) {
      this.#moves += 1;
      this.#markSeam(last, pod);
    }
    this.#pods.push(pod);
    this.#answer.dataset.state = 'streaming';
    this.#outcome.textContent = '';
    this.#path.replaceChildren(...pathOf(this.#pods));
  }

  lost() {
    this.#answer.dataset.state = 'lost';
    this.#outcome.textContent = 'Connection lost. Asking another replica …';
  }

  unanswered() {
    this.#answer.dataset.state = 'lost';
    this.#outcome.textContent = 'No replica answers at the moment. Trying again …';
  }

  write(text) {
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
    const last = this.#text.lastChild;
    if (last?.nodeType === Node.TEXT_NODE) last.appendData(text);
    else this.#text.append(text);
    if (atEnd) scrollTo(0, document.documentElement.scrollHeight);
  }

  /** @param outcome as `outcomeOf` describes it */
  end({ state, remark, detail, canRepeat }) {
    this.#answer.dataset.state = state;
    this.#outcome.textContent = remark;
    if (detail) this.#outcome.title = detail;
    this.#again.hidden = !canRepeat;
  }

  /** An empty element: the text stays exactly what was streamed. */
  #markSeam(from, to) {
    const seam = document.createElement('span');
    seam.className = 'seam';
    seam.title = `${from} → ${to}`;
    this.#text.append(seam);
  }
}

/** A long one shows its first lines, and the rest on request. */
function showQuestion(element, question) {
  const [text, more] = element.children;
  text.textContent = question;
  more.hidden = text.scrollHeight <= text.clientHeight + 1;
  more.addEventListener('click', () => {
    const isOpen = element.classList.toggle('open');
    more.textContent = isOpen ? 'Show less' : 'Show all';
    more.ariaExpanded = String(isOpen);
  });
}

/** The last few are enough to see it move. The arrows have the colour of the seams. */
function pathOf(pods) {
  const shown = pods.slice(-5).map(nameOf);
  const names = pods.length > shown.length ? ['…', ...shown] : shown;
  return names.flatMap((name, index) => (index === 0 ? [name] : [arrow(), name]));
}

function nameOf(pod) {
  const element = document.createElement('span');
  element.textContent = shortName(pod);
  element.title = pod;
  return element;
}

function arrow() {
  const element = document.createElement('b');
  element.textContent = ' → ';
  return element;
}
