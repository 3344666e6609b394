import { type Stopped } from '../../model/stopped.js';
import { annotations } from '../../model/settings.js';
import { type Problem, type Rule } from '../../rule.js';

const margin = 5;
/** The library's default; it is small, and rarely changed. */
const defaultFlushTimeout = 2;

export const stopTimeoutTooShort: Rule = {
  id: 'stop-timeout-too-short',
  severity: 'error',
  title: 'Docker or ECS kills the container before its drain has ended',
  why: 'Compose and Swarm send SIGKILL after stop_grace_period (10 s by default), ECS after stopTimeout (30 s by default, 120 s at most on Fargate). There is no preStop hook: the drain begins with SIGTERM and may last timeout + flushTimeout. Every stream still open at the kill is cut without a farewell.',
  fix: 'Raises stop_grace_period or stopTimeout to the sum and 5 seconds, where the platform allows it.',
  *check({ stopped }) {
    for (const each of stopped) {
      const problem = judge(each);
      if (problem) yield problem;
    }
  },
};

function judge(stopped: Stopped): Problem | undefined {
  const { resource, settings, timeout, field, grace, isDefault, most } = stopped;
  const flush = settings.get('flushTimeout')?.seconds ?? defaultFlushTimeout;
  const needed = timeout + flush;
  if (grace === undefined || grace > needed) return undefined;
  const value = Math.ceil(needed) + margin;
  const sum = `timeout ${timeout} + flushTimeout ${flush}`;
  const message = `SIGKILL comes after ${grace} s${isDefault ? ' (the default)' : ''}, but ${sum} needs more than ${needed} s.`;
  if (value <= most) {
    return { resource, field, message, edits: [{ field, value: stopped.write(value) }] };
  }
  return {
    resource,
    field,
    message: `${message} ECS allows ${most} s at most.`,
    asks: true,
    ...shorter(stopped),
  };
}

/** The longest drain that fits: longer streams must be resumable. */
function shorter({ resource, field, most, write, settings }: Stopped): Partial<Problem> {
  const flush = settings.get('flushTimeout')?.seconds ?? defaultFlushTimeout;
  const timeout = most - Math.ceil(flush) - margin;
  const declared = settings.get('timeout')?.field ?? resource.annotation(annotations.timeout);
  return {
    advice: `# timeout: ${timeout} in the code as well; make longer streams resumable.`,
    edits: [
      { field, value: write(most) },
      { field: declared, value: String(timeout) },
    ],
  };
}
