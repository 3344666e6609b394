import { type PodEvent } from '../journal.js';
import { span, type Attempt, type Stream } from '../load/stream.js';
import { type Connections } from './attribution.js';
import { causeOf, causesOf, type Cause } from './cause.js';
import { fateOf, fates, isLost, type Fate } from './fate.js';
import { type Circumstances, type Loss } from './loss.js';
import { podStories, type PodStory } from './pod-story.js';

/** A stream with its verdict. Times in milliseconds of the rehearsal. */
export interface JudgedStream {
  readonly id: number;
  readonly client: number;
  readonly kind: Stream['kind'];
  readonly request: string;
  readonly fate: Fate;
  readonly events: number;
  /** Why it was lost, and the remedy; absent when it was not. */
  readonly why?: string;
  readonly attempts: readonly Attempt[];
}

/** What a rehearsal found. */
export interface RehearsalReport {
  readonly version: 1;
  /** When it began, ISO 8601. */
  readonly date: string;
  readonly command: string;
  /** How long it took, in milliseconds. */
  readonly duration: number;
  /** The time limit ended it. */
  readonly stoppedAtLimit: boolean;
  /** The clients had used up maxStreams before the rollout was over. */
  readonly ranDry: boolean;
  readonly totals: Readonly<Record<Fate, number>>;
  /** cut + refused. */
  readonly lost: number;
  readonly causes: readonly Cause[];
  readonly pods: readonly { readonly name: string; readonly events: readonly PodEvent[] }[];
  readonly streams: readonly JudgedStream[];
}

export interface Findings {
  readonly date: Date;
  readonly command: readonly string[];
  readonly duration: number;
  readonly stoppedAtLimit: boolean;
  readonly ranDry: boolean;
  readonly events: readonly PodEvent[];
  readonly streams: readonly Stream[];
  readonly connections: Connections;
  readonly gracePeriod: number;
  /** How long the user says a stream lasts, in milliseconds; 0 when not said. */
  readonly streamLength: number;
}

/** Judges every stream and says in all what was lost and why. */
export function report(findings: Findings): RehearsalReport {
  const stories = podStories(findings.events);
  const judged = findings.streams.map((stream) => ({ stream, fate: fateOf(stream) }));
  const circumstances = circumstancesOf(findings, judged);
  const losses = new Map(
    judged
      .filter(({ fate }) => isLost(fate))
      .map(({ stream }) => [stream, lossOf(stream, stories, findings.connections)]),
  );
  const totals = Object.fromEntries(
    fates.map((fate) => [fate, judged.filter((one) => one.fate === fate).length]),
  ) as Record<Fate, number>;
  return {
    version: 1,
    date: findings.date.toISOString(),
    command: findings.command.join(' '),
    duration: findings.duration,
    stoppedAtLimit: findings.stoppedAtLimit,
    ranDry: findings.ranDry,
    totals,
    lost: losses.size,
    causes: causesOf([...losses.values()], circumstances),
    pods: stories.map(({ name, events }) => ({ name, events })),
    streams: judged.map(({ stream, fate }) =>
      judgedStream(stream, fate, losses.get(stream), circumstances),
    ),
  };
}

/** Nothing was lost beyond `maxLost`, and something was there to lose until the rollout was over. */
export function passed(report: RehearsalReport, maxLost: number): boolean {
  const { totals, lost, stoppedAtLimit, ranDry } = report;
  const good = totals.complete + totals.resumed + totals.told;
  return lost <= maxLost && good > 0 && !stoppedAtLimit && !ranDry;
}

function judgedStream(
  { id, client, kind, request, events, attempts }: Stream,
  fate: Fate,
  loss: Loss | undefined,
  circumstances: Circumstances,
): JudgedStream {
  const common = { id, client, kind, request, fate, events, attempts };
  return loss ? { ...common, why: causeOf([loss], circumstances).sentence } : common;
}

function circumstancesOf(
  { gracePeriod, streamLength }: Findings,
  judged: readonly { stream: Stream; fate: Fate }[],
): Circumstances {
  const whole = judged.filter(({ stream }) => stream.terminal !== undefined);
  const lengths = whole.map(({ stream }) => span(stream).end - span(stream).start);
  return { gracePeriod, streamLength: Math.max(streamLength, ...lengths) };
}

/** The attempt that decided a lost stream: the last that did not end from the client's side. */
function lossOf(stream: Stream, stories: readonly PodStory[], connections: Connections): Loss {
  const attempt =
    stream.attempts.findLast(({ ending }) => ending !== 'closed') ?? stream.attempts.at(-1);
  if (!attempt) throw new Error('A lost stream has at least one attempt.');
  const connection = connections.get(attempt);
  const pod = stories.find(({ name }) => name === attempt.pod);
  return {
    stream,
    attempt,
    ...(connection ? { connection } : {}),
    ...(pod ? { pod } : {}),
  };
}
