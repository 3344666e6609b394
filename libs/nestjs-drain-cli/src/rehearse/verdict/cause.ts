import { group } from 'd3-array';
import { formatDuration } from '../duration.js';
import { causeRules } from './cause-rules.js';
import { whileEnding, type Circumstances, type Loss } from './loss.js';

/** Why streams were lost on one pod, and the remedy. */
export interface Cause {
  readonly code: string;
  readonly pod?: string;
  readonly streams: readonly number[];
  /** For people: how many, where, in which phase. */
  readonly what: string;
  /** What to set or to change. */
  readonly remedy: string;
  /** Both in one. */
  readonly sentence: string;
}

/** Groups the losses by pod and cause, the gravest group first. */
export function causesOf(losses: readonly Loss[], circumstances: Circumstances): Cause[] {
  const groups = group(losses, (loss) => `${ruleOf(loss).code} ${loss.pod?.name ?? ''}`);
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map((alike) => causeOf(alike, circumstances));
}

/** The cause of losses that share one rule and one pod. */
export function causeOf(group: readonly Loss[], circumstances: Circumstances): Cause {
  const [first] = group;
  if (!first) throw new Error('A cause needs at least one loss.');
  const { code, explain } = ruleOf(first);
  const pod = first.pod?.name;
  const { what: happened, remedy: toDo, timed } = explain(group, circumstances);
  const remedy = `${suspicion(group, circumstances)}${toDo}`;
  const what = `${capital(happened)}${timed ? '' : ` (${latest(group)})`}`;
  return {
    code,
    ...(pod === undefined ? {} : { pod }),
    streams: group.map(({ stream }) => stream.id),
    what,
    remedy,
    sentence: `${what}: ${remedy}`,
  };
}

/** Streams that run until a pod is gone, which neither said so nor became unready, name its likely fault. */
function suspicion(group: readonly Loss[], { unaware, advice }: Circumstances): string {
  const suspect = group.some(
    (loss) =>
      loss.attempt.ending === 'reset' && whileEnding(loss) && unaware.has(loss.pod?.name ?? ''),
  );
  return suspect ? advice.unaware : '';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function ruleOf(loss: Loss) {
  const rule = causeRules.find(({ applies }) => applies(loss));
  if (!rule) throw new Error('The last cause rule applies to every loss.');
  return rule;
}

/** When the last of them was lost, in the pod's own phases. */
function latest(group: readonly Loss[]): string {
  const last = group.reduce((a, b) => (a.attempt.endedAt > b.attempt.endedAt ? a : b));
  const time = last.attempt.endedAt;
  const when = last.pod?.when(time) ?? `${formatDuration(time)} into the rehearsal`;
  return group.length > 1 ? `the last ${when}` : when;
}
