/** How often to try; behind a balancer of n pods it takes about n. */
const maxTries = 20;
/** Milliseconds without a word from any pod. They speak once a second. */
const silence = 4_000;

/**
 * Follows the phase of one pod. Which pod an EventSource gets is the balancer's choice, so it is
 * opened until it is the right one. A pod that is leaving gets no new connection: from then on what
 * it said last stands.
 */
export class PodWatch {
  #listener;
  #wanted;
  #source;
  #tries = 0;
  #leaving = false;
  #retry;
  #alarm;

  /**
   * @param listener its `onStatus` gets `{ pod, phase }` once a second and at every change; its `onSilence` is called
   * when no pod at all answers
   */
  constructor(listener) {
    this.#listener = listener;
  }

  /** Follows this pod; without a name, whichever comes. */
  follow(pod) {
    if (this.#source && pod === this.#wanted) return;
    this.#wanted = pod;
    this.#tries = 0;
    this.#leaving = false;
    this.#open();
  }

  #open() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = new EventSource('/v1/events');
    this.#source.addEventListener('status', ({ data }) => this.#onStatus(JSON.parse(data)));
    this.#source.addEventListener('error', () => this.#onError());
    this.#alarm ??= setTimeout(() => this.#listener.onSilence(), silence);
  }

  #onStatus(status) {
    clearTimeout(this.#alarm);
    this.#alarm = undefined;
    if (this.#wanted === undefined || status.pod === this.#wanted) {
      this.#tries = 0;
      this.#leaving = this.#wanted !== undefined && status.phase !== 'serving';
      this.#alarm = setTimeout(() => this.#listener.onSilence(), silence);
      this.#listener.onStatus(status);
      return;
    }
    this.#source.close();
    this.#tries += 1;
    if (!this.#leaving && this.#tries < maxTries) {
      this.#retry = setTimeout(() => this.#open(), 20 * this.#tries);
    }
  }

  /** The browser reconnects after a loss, but gives up after an answer that is no stream. */
  #onError() {
    if (this.#source.readyState !== EventSource.CLOSED) return;
    this.#retry = setTimeout(() => this.#open(), 1000);
  }
}
