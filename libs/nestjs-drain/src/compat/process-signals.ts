import { constants } from 'node:os';

/** ms in which a signal that was sent has arrived: it takes a turn of the loop, on a busy machine a long one. */
const delivery = 1000;

/** Signals that this process sends to itself, as seen from its `process.kill`. */
export interface OwnSignals {
  /** Whether a signal that has just arrived was sent by this process. Asked once for each arrival. */
  take(signal: NodeJS.Signals): boolean;
  /** Gives `process.kill` back. */
  stop(): void;
}

/**
 * A signal carries no sender in Node, so the sending is watched: Nest raises the signal again after its
 * own close, and libraries do after their clean-up, both by `process.kill(process.pid, signal)`. It is
 * watched from the first signal on, never in a serving process.
 */
export function watchOwnSignals(now: () => number): OwnSignals {
  const sent: { readonly signal: unknown; readonly at: number }[] = [];
  const kill = process.kill.bind(process);
  const original = Object.getOwnPropertyDescriptor(process, 'kill');
  const watching: typeof process.kill = (pid, signal = 'SIGTERM') => {
    // 0 and the negative are groups with this process in it.
    if ([process.pid, 0, -process.pid].includes(pid)) sent.push({ signal, at: now() });
    return kill(pid, signal);
  };
  process.kill = watching;
  return {
    take(signal) {
      const isIt = (name: unknown): boolean =>
        name === signal || name === constants.signals[signal];
      const index = sent.findIndex((one) => isIt(one.signal) && now() - one.at < delivery);
      if (index >= 0) sent.splice(index, 1);
      return index >= 0;
    },
    stop() {
      if (process.kill === watching && original) Object.defineProperty(process, 'kill', original);
    },
  };
}

/**
 * Other listeners of a signal that look as if they ended the process, by their source. Nest's own,
 * which closes an application and waits for the drain, is not among them.
 */
export function endingListeners(signal: NodeJS.Signals, own: unknown): string[] {
  return process
    .listeners(signal)
    .filter((listener) => listener !== own)
    .map((listener) => ({ name: listener.name, source: String(listener) }))
    .filter(({ source }) => !isOfNest(source) && /\bexit|\.kill\(|\babort\(/.test(source))
    .map(({ name, source }) => `${name || 'a function'} (${excerpt(source)})`);
}

/** Whether only this library listens: neither Nest (`enableShutdownHooks()`) nor the application's own code does. */
export const isOnlyListener = (signal: NodeJS.Signals): boolean =>
  process.listenerCount(signal) === 1;

/** The words of its source in Nest 11 and 12; a bundler that renames variables keeps the second one. */
const isOfNest = (source: string): boolean => /receivedSignal|useProcessExit/.test(source);

function excerpt(source: string): string {
  const line = source.replaceAll(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
