import { table } from '../support/markdown.mjs';
import { fixed } from '../support/statistics.mjs';
import { range } from './number.mjs';

const columns = ['it breaks in this order', 'because', 'set'];

const steady = [
  [
    'Redis, for resumable answers',
    'every token is a script call and an entry that is kept for `ttl`',
    '`ttl` of a minute; tokens of 250 ms in one event; cells; `resumable` only where a client resumes',
  ],
  [
    'the processor of the pods, for answers',
    'each event is a write to a socket',
    'the same; pods by the number of open streams (HPA on `nestjs_drain_active_streams`), not by memory',
  ],
];

const acceptQueue = (opening) => [
  'the accept queue, in the storm',
  `opening costs ${opening} µs, and Node's default queue holds 511`,
  '`listen({ backlog })` and `net.core.somaxconn` of 4096; a random `retry:` in the first event of a subscription, ' +
    'spread over the time in the table above',
];

const behindIt = [
  [
    "the producer's upstream, in the storm",
    'a take-over asks the model again, for as many answers as the zone had',
    '`continue` only where the upstream can go on; its rate limit decides how many come back (not measured)',
  ],
  [
    'the balancer, in the storm',
    'a TLS handshake costs more than the opening of a stream (not measured)',
    'session resumption; a limit of new connections per second at the balancer, with `Retry-After`',
  ],
  [
    'the deadline of one pod',
    'the drain begins to end them before the deadline, by the time that it takes',
    '`timeout`, and with it the grace period, before more streams in a pod',
  ],
];

/** What breaks first, and what to set against it. */
export function advice(plans) {
  const openings = plans.map(({ costs }) => costs.opening);
  return table(columns, [...steady, acceptQueue(range(openings, fixed(0))), ...behindIt]);
}
