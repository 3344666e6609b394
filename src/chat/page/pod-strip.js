import { PodWatch } from './pod-watch.js';

const words = {
  serving: 'serving',
  lameDuck: 'lame duck',
  draining: 'draining',
  drained: 'gone',
  lost: 'connection lost, asking another pod',
};

/** The strip that names the pod which answers, and where that pod stands. */
export class PodStrip {
  #strip = document.getElementById('pod');
  #name = document.getElementById('pod-name');
  #phase = document.getElementById('pod-phase');
  #watch = new PodWatch(({ pod, phase }) => this.#show(pod, phase));

  /** Follows the pod that answers now; without a name, the one that would. */
  follow(pod) {
    if (pod !== undefined) this.#show(pod, 'serving');
    this.#watch.follow(pod);
  }

  lost() {
    this.#show(this.#name.textContent, 'lost');
  }

  #show(pod, phase) {
    this.#strip.dataset.phase = phase;
    this.#name.textContent = pod;
    this.#phase.textContent = words[phase] ?? phase;
  }
}
