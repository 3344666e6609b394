import type { ServerResponse } from 'node:http';
import { requestName } from '../compat/request-name.js';
import { isEventStream } from '../compat/response.js';
import type { Drain } from '../core/drain.js';
import { countOf, mostNamed } from '../core/phrases.js';
import type { DrainReport } from '../core/report.js';

/** What outlived the deadline, and what its owner can do. To be asked when the drain ends, before connections are cut. */
export function unfinishedHint(drain: Drain, { unfinished }: DrainReport): string {
  const responses = drain.requests.awaited.filter(isResponse);
  const streams = responses.filter(isEventStream);
  const what = Object.entries(unfinished).map(([name, count]) =>
    name === drain.requests.name
      ? `${countOf(count, name)}${inBrackets(responses)}`
      : countOf(count, name),
  );
  const count = Object.values(unfinished).reduce((sum, one) => sum + one, 0);
  return [
    `Still running at the deadline: ${what.join(', ')}.`,
    ...(streams.length > 0 ? [undeclared(streams)] : []),
    ...(count > streams.length ? [tooShort(drain.options.timeout)] : []),
  ].join(' ');
}

const undeclared = (streams: readonly ServerResponse[]): string =>
  `Among them are event streams that the drain takes for plain requests (${routesOf(streams)}): put ` +
  "@DrainableStream() on their routes, or @DrainableStream({ kind: 'subscription' }) where a stream never ends by " +
  'itself; where no controller answers, open them by StreamAdmission.';

const tooShort = (timeout: number): string =>
  `\`timeout\` (${timeout} s) was too short for them: ` +
  'raise it, or let them end when their signal aborts (docs/transports.md). A handler or task that ' +
  'awaits `drain()` or `wait()` waits for itself: let it call `initiate()`.';

const inBrackets = (responses: readonly ServerResponse[]): string =>
  responses.length > 0 ? ` (${routesOf(responses)})` : '';

/** Such as `3 × GET /words, GET /reports/:id`. */
function routesOf(responses: readonly ServerResponse[]): string {
  const counts = new Map<string, number>();
  for (const response of responses) {
    const name = requestName(response);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const routes = [...counts].sort(([, one], [, other]) => other - one);
  const named = routes.slice(0, mostNamed);
  const others = routes.slice(mostNamed).reduce((sum, [, count]) => sum + count, 0);
  const names = named.map(([name, count]) => (count > 1 ? `${count} × ${name}` : name));
  return [...names, ...(others > 0 ? [`${others} more`] : [])].join(', ');
}

/** An adapter may count other work among the requests. */
const isResponse = (work: object): work is ServerResponse => 'req' in work;
