import { type Field } from '../../input/field.js';
import { type Container } from '../../model/container.js';
import { type Rule } from '../../rule.js';
import { afterDeadHook, deadHook, hookFor } from './hook.js';

const ways: readonly [pattern: RegExp, what: string][] = [
  [/\bnginx\s+-s\s+(quit|stop)\b/, 'nginx -s only sends a signal'],
  [/\bkill\s+(-\S+\s+)*1\b/, 'kill only sends a signal'],
  [/\b(pkill|killall)\b/, 'it only sends a signal'],
  [/&\s*$/, 'the command goes on in the background'],
  [/\bnohup\b/, 'the command goes on in the background'],
  [/^(touch|echo|rm|mv)\s/, 'it only changes a file'],
  [
    /--max-time[ =]?[0-5]\b|\bcurl\b.*\s-m ?[0-5]\b|\bwget\b.*\s-T ?[0-5]\b/,
    'it gives up after seconds',
  ],
  [/^(true|:|\/bin\/true)$/, 'it does nothing'],
];

export const preStopReturnsAtOnce: Rule = {
  id: 'pre-stop-returns-at-once',
  severity: 'error',
  title: 'The preStop hook returns at once',
  why: 'The kubelet waits for the hook and then sends SIGTERM. A hook that only sends a signal, writes a file or starts something in the background is over in milliseconds: SIGTERM meets a process that still serves, and the Service still sends to it.',
  *check({ workloads }) {
    for (const workload of workloads) {
      for (const container of workload.containers) {
        const what = returning(container);
        if (what === undefined) continue;
        yield {
          resource: workload.resource,
          field: placeOf(container),
          message: `The hook of ${container.name} does not wait: ${what}. ${afterDeadHook(container)}`,
          edits: [hookFor(container)],
          ...deadHook(container),
        };
      }
    }
  },
};

const placeOf = ({ preStop: { field } }: Container): Field =>
  field.at('sleep').exists ? field.at('sleep', 'seconds') : field.at('exec', 'command');

/** Why the hook is over at once; undefined when it waits, or when that is not known. */
function returning({ preStop }: Container): string | undefined {
  const { script, command } = preStop;
  if (preStop.field.at('sleep').exists && preStop.sleep < 1) return 'it sleeps for less than 1 s';
  if (command.length === 1 && /\s/.test(command[0] ?? '')) {
    return 'no shell takes its line apart, and there is no program of that name';
  }
  if (preStop.sleep >= 1 || /\b(wait|while|until|tail)\b/.test(script.replace(/\/wait\b/g, ''))) {
    return undefined;
  }
  return ways.find(([pattern]) => pattern.test(script))?.[1];
}
