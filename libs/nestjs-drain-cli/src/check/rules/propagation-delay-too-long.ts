import { type Rule } from '../rule.js';

export const propagationDelayTooLong: Rule = {
  id: 'propagation-delay-too-long',
  severity: 'error',
  title: 'propagationDelay is not below the timeout',
  why: 'The timeout counts from the first trigger and includes propagationDelay. When the delay is as long, streams are accepted until the very moment in which all are cancelled; the library refuses to start with such settings.',
  remedy: `env:
  - { name: GRACEFUL_SHUTDOWN_TIMEOUT, value: '300' }
  - { name: GRACEFUL_SHUTDOWN_PROPAGATION_DELAY, value: '5' }`,
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const { propagationDelay: delay, timeout } = container.drain ?? {};
      if (!delay || !timeout || delay.seconds < timeout.seconds) continue;
      yield {
        resource: workload.resource,
        field: delay.field ?? timeout.field ?? container.field,
        message: `propagationDelay ${delay.seconds} s is not below the timeout of ${timeout.seconds} s.`,
      };
    }
  },
};
