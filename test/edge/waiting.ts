import { patience } from '../../testing/eventually.js';

/** Lets several wait for a state to come, without polling. */
export class Waiting {
  readonly #looks = new Set<() => void>();

  changed(): void {
    for (const look of [...this.#looks]) look();
  }

  /** Resolves with the first value that is neither false nor undefined. */
  until<T>(read: () => T | false | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new Error(`waited ${patience / 1000} s for ${what}`));
      const timer = setTimeout(giveUp, patience);
      const look = (): void => {
        const value = read();
        if (value === false || value === undefined) return;
        clearTimeout(timer);
        this.#looks.delete(look);
        resolve(value);
      };
      this.#looks.add(look);
      look();
    });
  }
}
