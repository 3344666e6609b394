type Receiver = (signal: NodeJS.Signals) => void;

const receivers = new Map<NodeJS.Signals, Set<Receiver>>();

const dispatch = (signal: NodeJS.Signals): void => {
  for (const receiver of [...(receivers.get(signal) ?? [])]) receiver(signal);
};

/**
 * Hands signals to the applications of this process through one listener each: a test suite makes
 * many applications, and Node warns of more than ten listeners.
 * @returns a function that stops it
 */
export function receiveSignals(signals: readonly NodeJS.Signals[], receiver: Receiver): () => void {
  for (const signal of signals) {
    const known = receivers.get(signal) ?? new Set();
    if (known.size === 0) process.on(signal, dispatch);
    receivers.set(signal, known.add(receiver));
  }
  return () => {
    for (const signal of signals) {
      const known = receivers.get(signal);
      if (known?.delete(receiver) && known.size === 0) process.off(signal, dispatch);
    }
  };
}
