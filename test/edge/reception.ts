import type { Answer, Head } from './exchange.js';
import { Waiting } from './waiting.js';

/** What has come of an answer so far, for a test that waits for more of it. */
export abstract class Reception {
  protected readonly state = new Waiting();
  protected received: Head | undefined;
  protected body = '';
  protected isOver = false;

  /** Whether it came to its proper end. */
  abstract readonly isComplete: boolean;

  get head(): Promise<Head> {
    return this.state.until(() => this.received, 'a response');
  }

  get done(): Promise<Answer> {
    return this.state.until(() => this.isOver && this.#answer, 'the end');
  }

  async reads(text: string): Promise<void> {
    await this.state.until(() => this.body.includes(text), text);
  }

  get #answer(): Answer {
    const { body, isComplete } = this;
    return { status: 0, headers: {}, ...this.received, body, isComplete };
  }
}
