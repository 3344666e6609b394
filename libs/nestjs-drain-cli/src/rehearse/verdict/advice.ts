import { formatDuration } from '../duration.js';
import { type Stack } from '../options/stack.js';
import { type Platform } from '../platform/platforms.js';

/** What to set, in the words of the user's own service and platform. */
export interface Advice {
  /** Accept until the balancer knows. */
  readonly acceptLonger: string;
  /** What the code of a service must do besides, before other advice; empty where nestjs-drain does it. */
  codeMust(duty: string): string;
  /** Before other advice: why a pod may not have known of its end; empty for a service that has no module to forget. */
  readonly unaware: string;
  /** Keep streams where every pod can continue them. */
  readonly survive: string;
  /** Have a pod for every connection at all times. */
  readonly alwaysOne: string;
  /** Give streams more time before they are ended. */
  readonly drainLonger: string;
  /** In brackets, how long to wait for streams; empty if no number was measured. */
  drainFor(needed: number | undefined): string;
  /** Give the streams more time before SIGKILL. `has` is the grace now; milliseconds. */
  graceFor(needed: number | undefined, has: number): string;
}

/** Seconds: enough for clusters and cloud balancers that are slower than a rehearsal. */
const leastAccepting = 5;

/** `propagation` is how late the balancer of this rehearsal learnt of a change, in milliseconds. */
export function adviceFor(stack: Stack, platform: Platform, propagation: number): Advice {
  const ours = stack === 'nestjs-drain';
  const seconds = Math.max(leastAccepting, Math.ceil(propagation / 1000) + 1);
  return {
    acceptLonger: acceptLonger(ours, platform, seconds),
    codeMust: (duty) => (ours ? '' : `${duty}; and `),
    unaware: ours
      ? 'the pod was never seen unready and told no stream of its end: is GracefulShutdownModule imported? If it is, '
      : '',
    survive: `give the events ids and keep them where every pod can read them${ours ? ' (nestjs-drain-resume)' : ''}`,
    alwaysOne: alwaysOne(platform),
    drainLonger: `${ours ? 'raise timeout' : 'wait longer for streams'}, and raise ${platform.graceSetting} with it, until they fit`,
    drainFor: (needed) =>
      needed === undefined
        ? ''
        : ` (${ours ? 'timeout' : 'wait'} ≥ ${formatDuration(Math.ceil(needed / 1000) * 1000)})`,
    graceFor: (needed, has) => graceFor(platform, needed, has),
  };
}

function acceptLonger(ours: boolean, platform: Platform, seconds: number): string {
  const { traffic, hook, signal, acceptLonger: also } = platform;
  if (traffic === 'never') {
    return `nothing else listens meanwhile, so no setting of the service helps: ${also}`;
  }
  if (ours) {
    return `set propagationDelay to ${seconds} or more, so that the pod accepts until every balancer knows`;
  }
  const begin = hook ? "the pod's deletion" : signal;
  return `keep accepting for ${seconds} s or more after ${begin}, ${also}`;
}

function alwaysOne({ hook, startFirst, acceptLonger: also }: Platform): string {
  if (hook)
    return 'keep maxUnavailable 0 and a readiness probe that passes as long as the pod serves';
  if (startFirst) return 'keep a replica ready at all times';
  return `start the new replica before the old one is stopped, or else ${also}`;
}

function graceFor(platform: Platform, needed: number | undefined, has: number): string {
  const { title, graceSetting, longestGrace = Infinity } = platform;
  const knowingly = `end streams knowingly before the grace is over (a drain timeout below ${has / 1000} s)`;
  if (needed === undefined) return `raise ${graceSetting}, or ${knowingly}`;
  const seconds = Math.max(Math.ceil(needed / 1000) + 2, Math.floor(has / 1000) + 1);
  if (seconds * 1000 > longestGrace) {
    return `${title} gives ${longestGrace / 1000} s at most: ${knowingly}`;
  }
  const limit = platform.graceLimit ? ` (${platform.graceLimit})` : '';
  return `set ${graceSetting} to ${seconds} s or more${limit}, or ${knowingly}`;
}
