import { knowing, type Rule } from '../../rule.js';

export const propagationDelayTooLong: Rule = {
  id: 'propagation-delay-too-long',
  severity: 'error',
  title: 'propagationDelay is not below the timeout',
  why: 'The timeout counts from the first trigger and includes propagationDelay. When the delay is as long, streams are accepted until the very moment in which all are cancelled; the library refuses to start with such settings.',
  *check({ servers }) {
    for (const server of servers.filter(({ container }) => container.drains)) {
      const { workload, container } = server;
      yield* knowing(server, ['propagationDelay', 'timeout'], function* (settings) {
        const { propagationDelay: delay, timeout } = settings;
        if (delay.seconds < timeout.seconds) return;
        const field = delay.field;
        yield {
          resource: workload.resource,
          field: field ?? container.field,
          message: `propagationDelay ${delay.seconds} s is not below the timeout of ${timeout.seconds} s.`,
          advice: '# In the code that sets it, too, when this is an annotation.',
          edits: field ? [{ field, value: String(Math.min(5, timeout.seconds / 2)) }] : [],
        };
      });
    }
  },
};
