import { group } from 'd3-array';
import { formatDuration } from '../duration.js';
import { type Stream } from '../load/stream.js';
import { type Cause } from './cause.js';
import { type Fate } from './fate.js';
import { whileEnding } from './loss.js';
import { type PodStory } from './pod-story.js';
import { type Strain } from './strain.js';

/** What to know although no stream was lost by it. */
export interface Warning {
  readonly code: string;
  readonly pod?: string;
  /** For people: what happened, and what to do. */
  readonly sentence: string;
}

export interface Scene {
  readonly judged: readonly { readonly stream: Stream; readonly fate: Fate }[];
  readonly stories: readonly PodStory[];
  readonly causes: readonly Cause[];
  readonly totals: Readonly<Record<Fate, number>>;
  readonly strain?: Strain;
  readonly stoppedAtLimit: boolean;
  readonly ranDry: boolean;
}

export function warningsOf(scene: Scene): Warning[] {
  return [
    ...bottleneck(scene),
    ...unknownEnds(scene),
    ...refusedHook(scene),
    ...scene.stories.flatMap((pod) => [
      ...ignoredSignal(pod, scene),
      ...unansweredHook(pod, scene),
      ...droppedIdle(pod, scene),
    ]),
    ...restarted(scene),
    ...bounds(scene),
  ];
}

function bottleneck({ strain }: Scene): Warning[] {
  if (!strain) return [];
  const { process, late } = strain;
  return [
    {
      code: 'bottleneck',
      sentence: `This machine was the bottleneck: the rehearsal's own ${process} ran up to ${formatDuration(late)} late. The order of events holds, times do not, and no advice has a number from them: lower --clients, or take a machine with more cores`,
    },
  ];
}

function unknownEnds({ judged }: Scene): Warning[] {
  const unknown = judged.filter(({ fate }) => fate === 'unknown').map(({ stream }) => stream);
  const incomparable = (stream: Stream) =>
    stream.anew === undefined && (stream.doubt !== undefined || isUnproven(stream));
  return [
    ...byRequest(
      unknown.filter((stream) => !incomparable(stream)),
      endUnknown,
    ),
    ...byRequest(unknown.filter(incomparable), continuityUnknown),
  ];
}

/** It broke off, and no event says since whether it went on. */
function isUnproven({ awaited, attempts }: Stream): boolean {
  return !!awaited && attempts.some(({ ending }) => ending === 'reset' || ending === 'idle');
}

type Warn = (request: string, streams: readonly Stream[]) => Warning;

function byRequest(streams: readonly Stream[], warn: Warn): Warning[] {
  return [...group(streams, ({ request }) => request)].map(([request, own]) => warn(request, own));
}

const nameEnds =
  'name their end with --complete-event, --complete-data, --complete-text or --recognise';

function endUnknown(request: string, streams: readonly Stream[]): Warning {
  const lastPiece = streams[0]?.lastPiece ?? '';
  const cameBack = streams.some(({ anew, awaited }) => anew !== undefined || awaited);
  const otherwise = cameBack
    ? '; if they are subscriptions, let them go on after Last-Event-ID, or send retry: in a block of its own before the end'
    : '';
  return {
    code: 'end-unknown',
    sentence: `Completeness cannot be known for ${request}: ${count(streams.length, 'stream')} ended cleanly${cameBack ? ' and were asked for anew' : ''}, and nothing says that they were whole. No terminal event was seen; if these answers are finite, ${nameEnds} (the last piece of one was "${lastPiece}")${otherwise}`,
  };
}

const unproven =
  'no event with a new id came after that to show that nothing is missing (a longer --settle waits for one)';

function continuityUnknown(request: string, streams: readonly Stream[]): Warning {
  const doubt = streams[0]?.doubt ?? unproven;
  return {
    code: 'continuity-unknown',
    sentence: `Completeness cannot be known for ${request}: ${count(streams.length, 'stream')} came back, but ${doubt}. Answer Last-Event-ID with events whose ids count up by 1, or export follows(before, after) from the module of --recognise; if these answers are finite, ${nameEnds}`,
  };
}

function ignoredSignal(pod: PodStory, { causes }: Scene): Warning[] {
  const { signal } = pod;
  const killed = pod.at('sigkill');
  if (!signal || killed === undefined) return [];
  const named = causes.some(
    (cause) => cause.pod === pod.name && ['grace-over', 'never-stopped'].includes(cause.code),
  );
  if (named) return [];
  return [
    {
      code: 'ignored-signal',
      pod: pod.name,
      sentence: `${title(pod)} was still there ${formatDuration(killed - signal.at)} after ${signal.name} and got SIGKILL: exit when the last stream has ended, and see that the signal reaches the process (a shell or npm in between may keep it)`,
    },
  ];
}

/** The kubelet's last order of events: the grace is over, SIGTERM, and 2 s later SIGKILL. */
function unansweredHook(pod: PodStory, { judged }: Scene): Warning[] {
  const failed = pod.events.find(
    ({ kind, detail }) => kind === 'hookFailed' && detail?.startsWith('no answer'),
  );
  const { signal } = pod;
  if (!failed || !signal || signal.at < failed.at) return [];
  const told = judged.filter(({ stream }) =>
    stream.attempts.some(
      (attempt) =>
        attempt.pod === pod.name && attempt.told !== undefined && attempt.endedAt >= signal.at,
    ),
  ).length;
  return [
    {
      code: 'hook-outlived-grace',
      pod: pod.name,
      sentence: `The preStop hook of ${title(pod).toLowerCase()} was unanswered when the grace was over, so ${signal.name} came with 2 s left; ${told === 0 ? 'no stream was' : told === 1 ? '1 stream was' : `${told} streams were`} told in them`,
    },
  ];
}

/** All pods have the same hook, so one is named. */
function refusedHook({ stories }: Scene): Warning[] {
  for (const pod of stories) {
    const answers = pod.events.filter(({ kind }) => kind === 'hookAnswered');
    const refusal = answers.find(({ detail }) => /^[45]\d\d$/.test(detail ?? ''));
    if (!refusal) continue;
    const sentence =
      `The preStop hook of ${title(pod).toLowerCase()} was answered with ${refusal.detail}: the kubelet takes every answer for success, ` +
      'so nothing waited before the signal. Call a path that waits, such as /shutdown/wait, as the kubelet does: by GET, from an address that may';
    return [{ code: 'hook-refused', pod: pod.name, sentence }];
  }
  return [];
}

/** Milliseconds after an answer in which a client's next request is likely to be on its way. */
const usedAgain = 250;

/** A client may send its next request in the moment in which the server closes: that request is reset. */
function droppedIdle(pod: PodStory, { judged, causes }: Scene): Warning[] {
  if (causes.some(({ code }) => code === 'kept-connection-closed')) return [];
  const dropped = judged
    .flatMap(({ stream }) => stream.attempts)
    .filter(
      (attempt) =>
        attempt.pod === pod.name &&
        attempt.droppedIdleAt !== undefined &&
        attempt.droppedIdleAt - attempt.endedAt < usedAgain &&
        !pod.crashed &&
        whileEnding({ attempt: { ...attempt, endedAt: attempt.droppedIdleAt }, pod }),
    );
  if (dropped.length === 0) return [];
  return [
    {
      code: 'idle-closed-unannounced',
      pod: pod.name,
      sentence: `${title(pod)} closed ${count(dropped.length, 'idle connection')} without notice, less than ${usedAgain} ms after the last answer: here no request was on its way, but one that is gets a reset. Send Connection: close on every answer from the pod's deletion on, and close the others when they were silent for a while`,
    },
  ];
}

function restarted({ judged }: Scene): Warning[] {
  const anew = judged.filter(({ stream }) => stream.restarted).length;
  if (anew === 0) return [];
  return [
    {
      code: 'ids-began-again',
      sentence: `${count(anew, 'subscription')} came back as told, but the ids began again, or do not show a continuation: what was sent in between may not have been repeated. Let ids count on over all pods and answer Last-Event-ID, or send the state anew`,
    },
  ];
}

function bounds({ totals, ranDry, stoppedAtLimit }: Scene): Warning[] {
  const all: [boolean, string, string][] = [
    [
      totals.unfinished > 0,
      'unfinished',
      `${count(totals.unfinished, 'stream')} had not ended: raise --settle to judge them`,
    ],
    [
      ranDry,
      'ran-dry',
      'The clients used up --max-streams before the rollout was over: raise it, or --pause',
    ],
    [
      stoppedAtLimit,
      'time-limit',
      'Stopped at --time-limit: raise it, or look for a pod that hangs',
    ],
  ];
  return all.filter(([applies]) => applies).map(([, code, sentence]) => ({ code, sentence }));
}

function title({ name }: PodStory): string {
  return `P${name.slice(1).replace('-', ' ')}`;
}

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}
