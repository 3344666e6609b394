import { hostname } from 'node:os';
import type { Clock } from '../../core/clock.js';
import type { Drain } from '../../core/drain.js';
import type { DrainPhase } from '../../core/phase.js';
import { describeReport, type DrainReport, type StreamCounts } from '../../core/report.js';
import type { EndCause, StreamInfo, StreamKind, StreamProgress } from '../../core/stream.js';

/** One open stream. Times in seconds. */
export interface StreamRow {
  readonly id: string;
  readonly kind: StreamKind;
  readonly route: string;
  readonly age: number;
  readonly bytes?: number | undefined;
  readonly events?: number | undefined;
  readonly quiet?: Quiet | undefined;
  readonly endedFor?: EndCause | undefined;
}

/** Everything the page shows, whole each time: a message that is skipped is not missed. In seconds. */
export interface StatusSnapshot {
  readonly pod: string;
  readonly phase: DrainPhase;
  readonly trigger?: string | undefined;
  /** Since the first trigger. */
  readonly elapsed?: number | undefined;
  readonly secondsLeft?: number | undefined;
  /** When each phase began, counted from the first trigger. */
  readonly entered: Readonly<Partial<Record<DrainPhase, number>>>;
  readonly bounds: Readonly<Record<'propagationDelay' | 'timeout' | 'flushTimeout', number>>;
  readonly open: Readonly<Record<StreamKind, number>>;
  readonly requests: number;
  readonly messages: number;
  readonly tasks: number;
  /** Since the process started. */
  readonly totals: StreamCounts;
  /** The oldest first; more would neither be read nor drawn. */
  readonly streams: readonly StreamRow[];
  readonly report?: (DrainReport & { readonly summary: string }) | undefined;
}

const rows = 100;

export function takeSnapshot(drain: Drain, timeline: Timeline, silence: Silence): StatusSnapshot {
  const { phase, options, streams, requests, messages, tasks, secondsLeft } = drain;
  const { startedAt, trigger, report } = timeline;
  const since = (time: number): number => (time - (startedAt ?? time)) / 1000;
  return {
    pod: hostname(),
    phase,
    trigger,
    elapsed: startedAt === undefined ? undefined : since(drain.clock.now()),
    secondsLeft,
    entered: Object.fromEntries([...timeline.entered].map(([name, at]) => [name, since(at)])),
    bounds: {
      propagationDelay: options.propagationDelay,
      timeout: options.timeout,
      flushTimeout: options.flushTimeout,
    },
    open: { finite: streams.sizeOf('finite'), subscription: streams.sizeOf('subscription') },
    requests: requests.size,
    messages: messages.size,
    tasks: tasks.size,
    totals: streams.counts(),
    streams: oldest(drain).map((stream) => describe(stream, drain.clock.now(), silence)),
    report: report && { ...report, summary: describeReport(report) },
  };
}

/** A registry is in the order of admission. */
function oldest({ streams }: Drain): StreamInfo[] {
  const first: StreamInfo[] = [];
  for (const stream of streams) {
    if (first.push(stream) === rows) break;
  }
  return first;
}

function describe(stream: StreamInfo, now: number, silence: Silence): StreamRow {
  const { id, kind, route, endedFor } = stream;
  const progress = stream.progress();
  const age = stream.ageAt(now);
  return { id, kind, route, age, ...progress, quiet: silence.of(stream, progress), endedFor };
}

/** How long a stream has sent nothing. */
export interface Quiet {
  /** Seconds. */
  readonly seconds: number;
  /** Whether it may be longer: nothing was sent since the first look. */
  readonly atLeast: boolean;
}

interface Sighting {
  readonly sent: number;
  readonly at: number;
  readonly atLeast: boolean;
}

/**
 * When streams last wrote, told from what they had sent at two looks. So a write costs nothing, and
 * the answer is as fine as the looks are.
 */
export class Silence {
  readonly #sightings = new WeakMap<StreamInfo, Sighting>();

  constructor(private readonly clock: Clock) {}

  /** Looks; undefined for a stream whose transport does not know what it has sent. */
  of(stream: StreamInfo, { bytes, events }: StreamProgress): Quiet | undefined {
    const sent = bytes ?? events;
    if (sent === undefined) return undefined;
    const now = this.clock.now();
    let last = this.#sightings.get(stream);
    if (last?.sent !== sent) {
      last = { sent, at: now, atLeast: last === undefined };
      this.#sightings.set(stream, last);
    }
    return { seconds: (now - last.at) / 1000, atLeast: last.atLeast };
  }
}

/** When each phase began, what began it, and how it ended: what a late look still wants to know. */
export class Timeline {
  /** The clock's ms at which each phase was entered; empty while serving. */
  readonly entered = new Map<DrainPhase, number>();
  trigger: string | undefined;
  report: DrainReport | undefined;

  constructor(private readonly drain: Drain) {
    drain.events.on('started', ({ trigger }) => (this.trigger = trigger));
    drain.events.on('phaseChanged', ({ phase }) => this.#onPhase(phase));
    drain.events.on('ended', ({ report }) => (this.report = report));
  }

  /** The clock's ms of the first trigger. */
  get startedAt(): number | undefined {
    return this.entered.get('lameDuck');
  }

  #onPhase(phase: DrainPhase): void {
    if (phase === 'serving') {
      this.entered.clear();
      this.trigger = undefined;
    } else {
      this.entered.set(phase, this.drain.clock.now());
    }
  }
}
