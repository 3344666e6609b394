import type { Provider, OnModuleDestroy } from '@nestjs/common';

/** What handlers work in, and what a test sees of it. */
export class Workshop implements OnModuleDestroy {
  /** In the order in which it happened: `begun`, `done`, `destroyed`. */
  readonly log: string[] = [];
  /** Resolves when a handler has begun. */
  readonly begun: Promise<void>;
  readonly #opened: Promise<void>;
  #begin!: () => void;
  #open!: () => void;

  constructor() {
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  /** For handlers: takes until the test opens. */
  async work(): Promise<string> {
    this.log.push('begun');
    this.#begin();
    await this.#opened;
    this.log.push('done');
    return 'done';
  }

  open(): void {
    this.#open();
  }

  onModuleDestroy(): void {
    this.log.push('destroyed');
  }

  get provider(): Provider {
    return { provide: Workshop, useValue: this };
  }
}
