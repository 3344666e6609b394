import { PodWatch } from './pod-watch.js';

/** The phase in a word, and what it means for the one who reads the page. */
const phases = {
  serving: ['serving', 'It takes new questions.'],
  lameDuck: ['leaving soon', 'It will be replaced. It still takes new questions.'],
  draining: [
    'draining',
    'It is being replaced. It takes nothing new and finishes what it has, or hands it over.',
  ],
  drained: ['gone', 'It has ended.'],
  lost: ['reconnecting', 'Its connection is lost. Another replica goes on.'],
  unanswered: ['no answer', 'No replica answers at the moment. This page tries again by itself.'],
};

/** The strip that names the pod which answers, and where that pod stands. */
export class PodStrip {
  #strip = document.getElementById('pod');
  #name = document.getElementById('pod-name');
  #phase = document.getElementById('pod-phase');
  #watch = new PodWatch({
    onStatus: ({ pod, phase }) => this.#show(pod, phase),
    onSilence: () => this.unanswered(),
  });

  /** Follows the pod that answers now; without a name, the one that would. */
  follow(pod) {
    if (pod !== undefined) this.#show(pod, 'serving');
    this.#watch.follow(pod);
  }

  lost() {
    this.#show(this.#name.textContent, 'lost');
  }

  unanswered() {
    this.#show(this.#name.textContent, 'unanswered');
  }

  #show(pod, phase) {
    const [word, meaning] = phases[phase] ?? [phase, ''];
    this.#strip.dataset.phase = phase;
    this.#name.textContent = this.#name.title = pod;
    this.#phase.textContent = word;
    this.#phase.title = meaning;
  }
}
