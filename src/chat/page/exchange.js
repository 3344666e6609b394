const template = document.getElementById('exchange');
const kept = 12;

/** A question and its answer on the page. */
export class Exchange {
  #answer;
  #text;
  #path;
  #outcome;
  #pods = [];
  #moves = 0;

  constructor(conversation, question) {
    const item = template.content.cloneNode(true).firstElementChild;
    this.#answer = item.querySelector('.answer');
    this.#text = item.querySelector('.text');
    this.#path = item.querySelector('.path');
    this.#outcome = item.querySelector('.outcome');
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
    this.#path.replaceChildren(...pathOf(this.#pods));
  }

  lost() {
    this.#answer.dataset.state = 'lost';
  }

  write(text) {
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
    const last = this.#text.lastChild;
    if (last?.nodeType === Node.TEXT_NODE) last.appendData(text);
    else this.#text.append(text);
    if (atEnd) scrollTo(0, document.documentElement.scrollHeight);
  }

  /** @param state `complete`, `stopped` or `broken` */
  end(state, remark) {
    this.#answer.dataset.state = state;
    this.#outcome.textContent = remark;
  }

  /** An empty element: the text stays exactly what was streamed. */
  #markSeam(from, to) {
    const seam = document.createElement('span');
    seam.className = 'seam';
    seam.title = `${from} → ${to}`;
    this.#text.append(seam);
  }
}

/** A long one scrolls, with the keyboard too. */
function showQuestion(element, question) {
  element.textContent = question;
  if (element.scrollHeight > element.clientHeight) element.tabIndex = 0;
}

/** The last few are enough to see it move. The arrows have the colour of the seams. */
function pathOf(pods) {
  const shown = pods.slice(-5);
  const names = pods.length > shown.length ? ['…', ...shown] : shown;
  return names.flatMap((name, index) => (index === 0 ? [name] : [arrow(), name]));
}

function arrow() {
  const element = document.createElement('b');
  element.textContent = ' → ';
  return element;
}
