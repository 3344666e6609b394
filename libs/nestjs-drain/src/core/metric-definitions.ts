import type { Drain } from './drain.js';
import type { DrainPhase } from './phase.js';
import type { StreamOutcome } from './report.js';
import type { Refusal } from './stream.js';

/** What a metric is called and means. The Prometheus and the OpenTelemetry entry read it from here. */
export interface MetricDefinition {
  /** With dots, as OpenTelemetry has it, without the library's own prefix. */
  readonly name: string;
  readonly help: string;
  /** Seconds; the only unit there is. */
  readonly unit?: 's';
}

/** A number that is read when it is asked for. */
export interface Reading extends MetricDefinition {
  /** Whether the values of all pods add up to something. */
  readonly addsUp: boolean;
  /** Undefined where there is nothing to tell at this moment. */
  read(drain: Drain): number | undefined;
}

/** From a plain answer to an hour of streaming, in seconds. */
export const durationBuckets: readonly number[] = [
  0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600,
];

export const phases = [
  'serving',
  'lameDuck',
  'draining',
  'drained',
] as const satisfies readonly DrainPhase[];

export const streamOutcomes = [
  'completed',
  'abandoned',
  'reconnect',
  'cancelled',
  'handedOff',
  'cut',
] as const satisfies readonly StreamOutcome[];

export const refusalReasons = [
  'draining',
  'drained',
] as const satisfies readonly Refusal['reason'][];

/** Totals of streams, by kind and route. */
export const streamTotals = {
  admitted: { name: 'streams.admitted', help: 'Streams that were let in.' },
  resumed: { name: 'streams.resumed', help: 'Streams that went on where another had to stop.' },
  refused: { name: 'streams.refused', help: 'Streams that were turned away, by reason.' },
  ended: { name: 'streams.ended', help: 'Streams that have ended, by outcome.' },
} as const satisfies Record<string, MetricDefinition>;

export const activeStreams: MetricDefinition = {
  name: 'active_streams',
  help: 'Streams that are open.',
};

export const streamDuration: MetricDefinition = {
  name: 'stream.duration',
  help: 'From the admission of a stream to the close of its response.',
  unit: 's',
};

export const drainDuration: MetricDefinition = {
  name: 'duration',
  help: 'From the first trigger of a drain to its end.',
  unit: 's',
};

export const phase: MetricDefinition = {
  name: 'phase',
  help: 'Where the process stands: 1 for its phase, 0 for the others.',
};

export const readings: readonly Reading[] = [
  {
    name: 'in_flight_requests',
    help: 'Requests being answered, without streams and probes.',
    addsUp: true,
    read: ({ requests }) => requests.size,
  },
  {
    name: 'in_flight_messages',
    help: 'Messages being handled, of queues and remote calls.',
    addsUp: true,
    read: ({ messages }) => messages.size,
  },
  {
    name: 'running_tasks',
    help: 'Background tasks that the drain waits for.',
    addsUp: true,
    read: ({ tasks }) => tasks.size,
  },
  {
    name: 'timeout',
    help: 'The bound of a drain, from its first trigger to its deadline.',
    unit: 's',
    addsUp: false,
    read: ({ options }) => options.timeout,
  },
  {
    name: 'propagation_delay',
    help: 'How long new streams are still let in after the first trigger.',
    unit: 's',
    addsUp: false,
    read: ({ options }) => options.propagationDelay,
  },
  {
    name: 'deadline.remaining',
    help: 'Until open streams are cancelled. Absent while serving and after the drain.',
    unit: 's',
    addsUp: false,
    read: ({ secondsLeft }) => secondsLeft,
  },
];
