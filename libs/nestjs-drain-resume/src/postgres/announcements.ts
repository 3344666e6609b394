import type { Commands } from './commands.js';

const statement = `select pg_notify(channel, '') from unnest($1::text[]) channel`;

/**
 * Wakes readers elsewhere, behind the append and not in its transaction: PostgreSQL commits transactions that notify one
 * after the other, and each would wait for the disk alone. One that only notifies does not wait for the disk. While one
 * statement is under way, the next one gathers.
 */
export class Announcements {
  #waiting = new Set<string>();
  #isSending = false;

  constructor(
    private readonly commands: Commands,
    private readonly onError: (error: unknown) => void,
  ) {}

  announce(channel: string): void {
    this.#waiting.add(channel);
    void this.#send();
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.size > 0) {
      const channels = [...this.#waiting];
      this.#waiting = new Set();
      // Not repeated: readers look by themselves.
      await this.commands.run(statement, [channels]).catch(this.onError);
    }
    this.#isSending = false;
  }
}
