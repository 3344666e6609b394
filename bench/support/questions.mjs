import { fork } from 'node:child_process';
import { once } from 'node:events';

/** In a child: answers what its parent asks. */
export function answerQuestions(answers) {
  process.on('message', async ({ id, question, details }) => {
    process.send({ id, answer: (await answers[question](details)) ?? null });
  });
  // Without its parent it has nothing to do.
  process.once('disconnect', () => process.exit());
  process.send({ ready: true });
}

/** A process of ours that answers questions. */
export class Child {
  #process;
  #waiting = new Map();
  #sequence = 0;

  static async start(module, parameters = {}, how = {}) {
    const child = new Child();
    const list = Object.entries(parameters).map(([name, value]) => `--${name}=${value}`);
    child.#process = fork(new URL(module, import.meta.url), list, how);
    const failed = once(child.#process, 'exit').then(([code]) => {
      throw new Error(`${module} ${list.join(' ')} exited with ${code} before it was ready.`);
    });
    await Promise.race([once(child.#process, 'message'), failed]);
    failed.catch(() => child.#giveUp());
    child.#process.on('message', ({ id, answer }) => child.#waiting.get(id)?.resolve(answer));
    return child;
  }

  ask(question, details) {
    const id = (this.#sequence += 1);
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#process.send({ id, question, details }, (error) => {
      if (error) this.#waiting.get(id)?.reject(error);
    });
    return answer.finally(() => this.#waiting.delete(id));
  }

  get id() {
    return this.#process.pid;
  }

  signal(name) {
    this.#process.kill(name);
  }

  /** The moment of the exit, or undefined when it did not come within `bound` ms. */
  async exit(bound) {
    const exited = once(this.#process, 'exit').then(() => performance.now());
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, bound)));
    const moment = await Promise.race([exited, late]);
    clearTimeout(timer);
    return moment;
  }

  #giveUp() {
    for (const { reject } of this.#waiting.values()) reject(new Error('The process has exited.'));
  }

  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
