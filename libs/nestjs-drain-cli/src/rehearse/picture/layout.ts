import { type Attempt } from '../load/stream.js';
import { fates, isLost, type Fate } from '../verdict/fate.js';
import { PodStory } from '../verdict/pod-story.js';
import { type RehearsalReport } from '../verdict/report.js';
import { pack, type Stretch } from './lanes.js';

export const plot = { left: 96, right: 1256, width: 1280 };
/** Height of a pod's event labels and its lifeline. */
export const bandHead = 48;
const bandGap = 16;
/** What all bars together may take up before they get thin. */
const barBudget = 620;

/** One attempt of a stream on one pod. Pixels. */
export interface Bar {
  readonly stream: number;
  readonly fate: Fate;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** How far left of `x` the request was sent: the wait for the first byte. */
  readonly wait: number;
  /** The stream was lost here. */
  readonly loss: boolean;
}

/** One pod with its streams. Pixels. */
export interface Band {
  readonly name: string;
  readonly story: PodStory;
  readonly y: number;
  readonly height: number;
  readonly bars: readonly Bar[];
}

export interface Layout {
  readonly bands: readonly Band[];
  readonly bottom: number;
  /** The time at the left edge, in milliseconds. */
  readonly begin: number;
  /** The time at the right edge, in milliseconds. */
  readonly end: number;
  readonly x: (time: number) => number;
}

interface Piece extends Stretch {
  readonly stream: number;
  readonly fate: Fate;
  readonly loss: boolean;
  /** Where the first byte came. */
  readonly first: number;
}

/** Places every pod below the other and every stream under the pod that served it. */
export function layOut(report: RehearsalReport, top: number): Layout {
  const begin = beginOf(report);
  const scale = (plot.right - plot.left) / (report.duration - begin);
  const x = (time: number) => plot.left + Math.max(time - begin, 0) * scale;
  const packed = podsOf(report).map((story) => ({ story, lanes: pack(pieces(report, story, x)) }));
  const counts = packed.map(({ lanes }) => 1 + Math.max(-1, ...lanes.map(({ lane }) => lane)));
  const pitch = pitchFor(counts.reduce((sum, count) => sum + count, 0));
  let y = top;
  const bands = packed.map(({ story, lanes }, index) => {
    const head = y + bandHead;
    const height = bandHead + (counts[index] ?? 0) * pitch + 6;
    const bars = lanes.map(({ item, lane }) => barOf(item, head + 3 + lane * pitch, pitch));
    const band = { name: story.name, story, y, height, bars };
    y += height + bandGap;
    return band;
  });
  return { bands, bottom: y - bandGap, begin, end: report.duration, x };
}

/** Shortly before the first pod is ready: nothing is to be seen until then. */
function beginOf({ pods }: RehearsalReport): number {
  const ready = pods.flatMap(({ events }) => events.filter(({ kind }) => kind === 'ready'));
  const [first = 0] = ready.map(({ at }) => at).sort((a, b) => a - b);
  return Math.max(first - 500, 0);
}

/** The pods, and a band for attempts that reached none. */
function podsOf({ pods, streams }: RehearsalReport): PodStory[] {
  const stories = pods.map(({ name, events }) => new PodStory(name, events));
  const stray = streams.some(({ attempts }) => attempts.some(({ pod }) => pod === undefined));
  return stray ? [...stories, new PodStory('no pod', [])] : stories;
}

/** The losses first, so that they stand together right under the pod's lifeline. */
function pieces(report: RehearsalReport, { name }: PodStory, x: (time: number) => number): Piece[] {
  const found = report.streams.flatMap((stream, index) =>
    stream.attempts
      .filter((attempt) => (attempt.pod ?? 'no pod') === name)
      .map((attempt) => ({
        ...stretchOf(attempt, x),
        stream: index,
        fate: stream.fate,
        loss: isLost(stream.fate) && attempt === stream.attempts.at(-1),
      })),
  );
  const rank = (piece: Piece) => fates.length - fates.indexOf(piece.fate);
  const gravity = (piece: Piece) => (piece.fate === 'unfinished' ? fates.length : rank(piece));
  return found.sort((a, b) => gravity(a) - gravity(b) || a.from - b.from);
}

/** From the request over the first byte to the last; an attempt without any has a tick where it ended. */
function stretchOf(attempt: Attempt, x: (time: number) => number): Stretch & { first: number } {
  const { startedAt, firstByteAt = attempt.endedAt, lastByteAt = attempt.endedAt } = attempt;
  const least = attempt.firstByteAt === undefined ? 4 : 1.5;
  const first = x(firstByteAt);
  return { from: x(startedAt), first, to: Math.max(x(lastByteAt), first + least) };
}

function pitchFor(lanes: number): number {
  return Math.min(Math.max(barBudget / Math.max(lanes, 1), 0.5), 9);
}

function barOf(piece: Piece, y: number, pitch: number): Bar {
  const { from, first, to, stream, fate, loss } = piece;
  const space = pitch >= 4 ? 1.5 : pitch >= 2 ? 0.5 : 0;
  const place = { x: first, y, width: to - first, height: pitch - space, wait: first - from };
  return { stream, fate, loss, ...place };
}
