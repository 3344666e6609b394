import { readFileSync } from 'node:fs';

/** Beside its sockets a process needs some for itself. */
const reserve = 200;

/** How many sockets a process can have open: Node takes the hard limit. */
const mostSockets = (() => {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const [, , hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits);
    return hard === 'unlimited' ? Infinity : Number(hard) - reserve;
  } catch {
    return Infinity; // Not Linux: it shows by itself.
  }
})();

/** @returns the crowds, none larger than this machine can open */
export const possible = (crowds) => crowds.map((count) => Math.min(count, mostSockets));
