import { Session } from 'node:inspector/promises';

/** The processor profile of this process, as V8 takes it. */
export class Profile {
  #session = new Session();

  async start() {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.setSamplingInterval', { interval: 100 });
    await this.#session.post('Profiler.start');
  }

  async stop() {
    const { profile } = await this.#session.post('Profiler.stop');
    this.#session.disconnect();
    return profile;
  }
}
