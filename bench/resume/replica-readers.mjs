import { EventEmitter } from 'node:events';
import { Agent, get } from 'node:http';
import { now } from '../support/monotonic.mjs';

/** Clients that read streams of one length, all at once. Emit `begun` when all, and `ending` before any is at its end. */
export class Readers extends EventEmitter {
  /** Ages of all events when they arrived, in ms, by the clock that all processes of the machine share. */
  ages = [];
  /** When all have ended. */
  ended;
  #agent = new Agent({ keepAlive: true });
  #counts;
  #waited;

  /** @param from events of each stream with which all have begun; @param to events of any with which the end is near */
  constructor({ port, path, streams, from, to }) {
    super();
    this.#counts = new Array(streams).fill(0);
    this.#waited = streams;
    const readings = this.#counts.map((_, index) =>
      this.#read({ port, path }, (age) => {
        this.ages.push(age);
        const count = (this.#counts[index] += 1);
        if (count === from && (this.#waited -= 1) === 0) this.emit('begun');
        if (count === to) this.emit('ending');
      }),
    );
    this.ended = Promise.all(readings).finally(() => this.#agent.destroy());
  }

  #read({ port, path }, note) {
    return new Promise((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port, path, agent: this.#agent }, (response) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (text) => {
          const arrived = now();
          const events = (rest + text).split('\n\n');
          rest = events.pop();
          for (const event of events) {
            const at = /"at":([\d.]+)/.exec(event);
            if (at) note(arrived - Number(at[1]));
          }
        });
        response.on('end', resolve);
        response.on('error', reject);
      });
      request.on('error', reject);
    });
  }
}
