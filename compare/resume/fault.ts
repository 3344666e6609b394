import { setTimeout as sleep } from 'node:timers/promises';
import { type Stage } from './parts/stage.js';

/** What is done to a system while its clients read. */
export interface Fault {
  readonly letter: string;
  readonly title: string;
  /** Whether it strikes the answers of one replica only, which are half of them. */
  readonly half: boolean;
  /** Whether it needs a store. */
  readonly store: boolean;
  strike(stage: Stage): unknown;
}

/** Milliseconds from a cut to what comes on top. */
const afterwards = 1500;

export const faults: readonly Fault[] = [
  {
    letter: 'a',
    title: 'all connections cut, resumed at the other replica',
    half: false,
    store: false,
    strike: (stage) => stage.cut(),
  },
  {
    letter: 'b',
    title: 'SIGTERM for the producer, 1.5 s deadline',
    half: true,
    store: false,
    strike: (stage) => stage.terminate(),
  },
  {
    letter: 'c',
    title: 'SIGKILL for the producer',
    half: true,
    store: false,
    strike: (stage) => stage.kill(),
  },
  {
    letter: 'd',
    title: 'the store killed, back after 1 s',
    half: false,
    store: true,
    strike: (stage) => stage.restartStore(),
  },
  {
    letter: 'e',
    title: 'cut, 1.5 s later SIGKILL for a producer',
    half: false,
    store: false,
    async strike(stage) {
      stage.cut();
      await sleep(afterwards);
      await stage.kill();
    },
  },
  {
    letter: 'f',
    title: 'cut, 1.5 s later the store killed, back after 1 s',
    half: false,
    store: true,
    async strike(stage) {
      stage.cut();
      await sleep(afterwards);
      await stage.restartStore();
    },
  },
];
