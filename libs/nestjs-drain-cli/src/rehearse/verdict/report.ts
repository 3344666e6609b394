import { min } from 'd3-array';
import { type PodEvent } from '../journal.js';
import { span, type Attempt, type Stream } from '../load/stream.js';
import { type Advice } from './advice.js';
import { type Connections } from './attribution.js';
import { causeOf, causesOf, type Cause } from './cause.js';
import {
  failedAnswer,
  fateOf,
  fates,
  isLost,
  missedBy,
  type Fate,
  type FateContext,
} from './fate.js';
import { whileEnding, type Circumstances, type Loss } from './loss.js';
import { podStories, type PodStory } from './pod-story.js';
import { strainOf, type OwnStalls, type Strain } from './strain.js';
import { verdictOf, type Verdict } from './verdict.js';
import { warningsOf, type Warning } from './warnings.js';

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
  /** Whose order of events was played. */
  readonly platform: string;
  /** How long it took, in milliseconds. */
  readonly duration: number;
  readonly verdict: Verdict;
  readonly totals: Readonly<Record<Fate, number>>;
  /** cut + refused. */
  readonly lost: number;
  readonly causes: readonly Cause[];
  /** What to know although no stream was lost by it. */
  readonly warnings: readonly Warning[];
  /** The rehearsal's own processes were late; absent if they were not. */
  readonly strain?: Strain;
  readonly pods: readonly { readonly name: string; readonly events: readonly PodEvent[] }[];
  readonly streams: readonly JudgedStream[];
}

export interface Findings {
  readonly date: Date;
  readonly command: readonly string[];
  readonly platform: string;
  readonly duration: number;
  /** The time limit ended it. */
  readonly stoppedAtLimit: boolean;
  /** The clients had used up maxStreams before the rollout was over. */
  readonly ranDry: boolean;
  /** So many streams may be lost. */
  readonly maxLost: number;
  readonly events: readonly PodEvent[];
  readonly streams: readonly Stream[];
  readonly connections: Connections;
  readonly gracePeriod: number;
  /** How long the user says a stream lasts, in milliseconds; 0 when not said. */
  readonly streamLength: number;
  readonly advice: Advice;
  readonly stalls: OwnStalls;
}

/** Judges every stream and says in all what was lost and why. */
export function report(findings: Findings): RehearsalReport {
  const { date, command, platform, duration, streams, stalls, events } = findings;
  const stories = podStories(events);
  const contextOf = contextsOf(streams, stories);
  const judged = streams.map((stream) => ({ stream, fate: fateOf(stream, contextOf(stream)) }));
  const strain = strainOf(stalls, events);
  const circumstances = circumstancesOf(findings, stories, strain !== undefined);
  const lost = judged.filter(({ fate }) => isLost(fate)).map(({ stream }) => stream);
  const losses = new Map(
    lost.map((stream) => [stream, lossOf(stream, contextOf(stream), stories, findings)]),
  );
  const totals = totalsOf(judged.map(({ fate }) => fate));
  const causes = causesOf([...losses.values()], circumstances);
  const strained = strain ? { strain } : {};
  return {
    version: 1,
    date: date.toISOString(),
    command: command.join(' '),
    platform,
    duration,
    verdict: verdictOf({ ...findings, totals, lost: lost.length }),
    totals,
    lost: lost.length,
    causes,
    warnings: warningsOf({ ...findings, ...strained, judged, stories, causes, totals }),
    ...strained,
    pods: stories.map(({ name, events: own }) => ({ name, events: own })),
    streams: judged.map((one) => judgedStream(one, losses.get(one.stream), circumstances)),
  };
}

/** What each stream's fate depends on: what its load's other streams and its pods did. */
function contextsOf(streams: readonly Stream[], stories: readonly PodStory[]) {
  const known = new Set(
    streams.filter(({ recognised }) => recognised).map(({ request }) => request),
  );
  const ending = (attempt: Attempt) => {
    const pod = stories.find(({ name }) => name === attempt.pod);
    return pod === undefined || whileEnding({ attempt, pod });
  };
  return ({ request }: Stream): FateContext => ({ endsKnown: known.has(request), ending });
}

function totalsOf(all: readonly Fate[]): Record<Fate, number> {
  return Object.fromEntries(
    fates.map((fate) => [fate, all.filter((one) => one === fate).length]),
  ) as Record<Fate, number>;
}

function judgedStream(
  { stream, fate }: { readonly stream: Stream; readonly fate: Fate },
  loss: Loss | undefined,
  circumstances: Circumstances,
): JudgedStream {
  const { id, client, kind, request, events, attempts } = stream;
  const common = { id, client, kind, request, fate, events, attempts };
  return loss ? { ...common, why: causeOf([loss], circumstances).sentence } : common;
}

function circumstancesOf(
  findings: Findings,
  stories: readonly PodStory[],
  strained: boolean,
): Circumstances {
  const { gracePeriod, streamLength, streams, advice } = findings;
  const whole = streams.filter(({ terminal }) => terminal !== undefined);
  const lengths = whole.map((stream) => span(stream).end - span(stream).start);
  const longest = lengths.reduce((a, b) => Math.max(a, b), streamLength);
  const unaware = unawarePods(streams, stories);
  return { gracePeriod, streamLength: longest, strained, unaware, advice };
}

function unawarePods(streams: readonly Stream[], stories: readonly PodStory[]): Set<string> {
  const farewells = streams
    .flatMap(({ attempts }) => attempts)
    .filter(({ told }) => told !== undefined);
  const telling = new Set(farewells.map(({ pod }) => pod));
  const unaware = stories.filter((pod) => pod.readyToTheEnd && !telling.has(pod.name));
  return new Set(unaware.map(({ name }) => name));
}

/** The attempt that decided a lost stream: one that failed by itself, else the last that the client did not end. */
function lossOf(
  stream: Stream,
  context: FateContext,
  stories: readonly PodStory[],
  { connections, streams }: Findings,
): Loss {
  const attempt =
    stream.attempts.find((one) => failedAnswer(one, context)) ??
    stream.attempts.findLast(({ ending }) => ending !== 'closed') ??
    stream.attempts.at(-1);
  if (!attempt) throw new Error('A lost stream has at least one attempt.');
  const connection = connections.get(attempt);
  const pod = stories.find(({ name }) => name === attempt.pod);
  const missed = missedBy(stream, context);
  const farewellsFrom = pod && firstFarewell(streams, pod);
  return {
    stream,
    attempt,
    ...(farewellsFrom === undefined ? {} : { farewellsFrom }),
    ...(missed === undefined ? {} : { missed }),
    ...(connection ? { connection } : {}),
    ...(pod ? { pod } : {}),
  };
}

/** Subscribers are asked back whenever a pod goes: that ends nothing before its time. */
function firstFarewell(streams: readonly Stream[], pod: PodStory): number | undefined {
  const told = streams
    .flatMap(({ attempts }) => attempts)
    .filter((attempt) => attempt.pod === pod.name && attempt.told && !attempt.askedBack)
    .filter((attempt) => whileEnding({ attempt, pod }));
  return min(told, ({ endedAt }) => endedAt);
}
