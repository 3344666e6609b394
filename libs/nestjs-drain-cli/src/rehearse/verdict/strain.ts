import { type Stall } from '../children/lateness.js';
import { type PodEvent } from '../journal.js';

/** When each of the rehearsal's own processes was late. */
export type OwnStalls = Readonly<Record<OwnProcess, readonly Stall[]>>;

/** `kubelet` probes, sends hooks and signals. HAProxy is not measured. */
export type OwnProcess = 'balancer' | 'clients' | 'kubelet';

/** The rehearsal itself was the bottleneck: its times are not the service's. */
export interface Strain {
  readonly process: OwnProcess;
  /** How late it was at the worst, in milliseconds. */
  readonly late: number;
}

/** Less than this moves no verdict and no advice. Milliseconds. */
const tolerable = 200;

/** The worst delay of an own process while clients ran; undefined if all were in time. */
export function strainOf(stalls: OwnStalls, events: readonly PodEvent[]): Strain | undefined {
  const begin = events.find(({ kind }) => kind === 'deleted' || kind === 'sigkill')?.at ?? 0;
  const found = Object.entries(stalls).flatMap(([process, all]) =>
    all
      .filter(({ to }) => to >= begin)
      .map(({ late }): Strain => ({ process: process as OwnProcess, late: Math.round(late) })),
  );
  const worst = found.sort((a, b) => b.late - a.late)[0];
  return worst && worst.late >= tolerable ? worst : undefined;
}
