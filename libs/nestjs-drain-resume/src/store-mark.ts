/**
 * A mark in the server that every id carries: a server that was emptied, or replaced by an empty one, has
 * another or none, and gets a new one.
 */
export class StoreMark {
  #known: Promise<string> | undefined;

  /** @param ask gives the server's mark, and makes one in a server without. */
  constructor(private readonly ask: () => Promise<string>) {}

  /** For new ids: as last seen. */
  get lastSeen(): Promise<string> {
    return this.#known ?? this.present();
  }

  /** Asks the server. */
  present(): Promise<string> {
    const asked = this.ask();
    this.#known = asked;
    asked.catch(() => {
      if (this.#known === asked) this.#known = undefined;
    });
    return asked;
  }
}
