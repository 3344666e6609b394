import { table } from '../support/markdown.mjs';
import { fixed, kibibytes } from '../support/statistics.mjs';
import { advice } from './advice.mjs';
import { costsOf } from './costs.mjs';
import { plansFor, serverProcessor, tellingTime, tokenBytes } from './loads.mjs';
import { number, range, some } from './number.mjs';
import { answerTime } from './resumable.mjs';
import { zoneText } from './zone.mjs';

/** What a million streams need, by arithmetic from the measured costs. */
export function plan(curves) {
  const costs = costsOf(curves);
  const plans = plansFor(costs);
  return [
    '## A million streams at once',
    basisText(costs),
    podTable(plans),
    limitText(costs),
    '### Redis',
    redisTable(plans),
    memoryText(costs),
    clusterText(costs),
    '### A zone is lost',
    zoneText(plans, costs),
    '### What breaks first, and what to set',
    advice(plans),
  ].join('\n\n');
}

const basisText = ({ replica, redis, rate }) =>
  'On paper, from the costs above (Express). Those of an event, of an opening and of an end are taken for as many ' +
  'streams as are planned for a pod: between two measured sizes in proportion, by the logarithm. To log an event costs ' +
  `${fixed(0)(replica)} µs of the replica and ${fixed(0)(redis)} µs of Redis, as with the most streams above, at ` +
  `${number(rate)} events/s. An answer takes ${answerTime} s; notifications stay open for hours. A pod has one core and ` +
  '1 GiB, a Redis one core and 16 GiB. The plan uses half of each, so that two zones of three can carry what the third ' +
  'one loses.';

function podTable(plans) {
  const one = fixed(0);
  const rows = plans.map(({ name, perPod, limit, pods, costs }) => [
    ...[name, number(perPod), limit, number(pods)],
    ...[one(costs.event), one(costs.opening), one(costs.ending)],
  ]);
  return table(
    ['streams', 'in a pod', 'limited by', 'pods', 'µs/event', 'µs/opening', 'µs/end'],
    rows,
  );
}

const limitText = ({ resident }) =>
  '*Limited by*: *processor* is the sending (and logging) of events, the openings and the ends; *memory* is ' +
  `${kibibytes(resident)} for each stream, as with the most streams above; *telling* is ${tellingTime} s to end all at ` +
  'the deadline: where it takes longer, the drain begins before it, and the last streams get that much less time.';

function redisTable(plans) {
  const rows = plans
    .filter(({ isLogged }) => isLogged)
    .map(({ name, events, servers, bytes }) => [
      ...[name, number(events), number(servers(600).processor)],
      ...[600, 60].map((ttl) => `${tebibytes(bytes(ttl))}: ${number(servers(ttl).memory)}`),
    ]);
  const columns = ['streams', 'events/s', 'servers for the processor'];
  return table([...columns, '… for the memory, `ttl` 600', '… `ttl` 60'], rows);
}

const memoryText = ({ bytes }) =>
  `The larger number decides. An event of one token takes ${Math.round(bytes)} bytes, and each further token in it ` +
  `${tokenBytes} more. A stream keeps all its events until \`ttl\` behind the last one: in a moment half an answer for each ` +
  'stream that lives, and whole ones for those that have ended within `ttl`. **Write tokens together, and set `ttl` to ' +
  'what a client needs to come back.**';

/** Sharing one cluster helps only as far as its nodes do not do the same work. */
const clusterText = ({ broadcasts }) =>
  'Take servers, not one cluster: each append wakes the readers of other replicas by `PUBLISH`, and a cluster passes ' +
  `every \`PUBLISH\` on to all its nodes. ${mostText(broadcasts)}Divide the users among cells instead, each with pods and ` +
  'a Redis (or a small cluster) of its own.';

function mostText(broadcasts) {
  if (broadcasts.length === 0) return '';
  const most = broadcasts.map((broadcast) => serverProcessor / broadcast);
  return (
    `By the rows above with the most events/s that is ${range(broadcasts, fixed(0))} µs of **each** node for every event ` +
    `of the cluster. So at half a core a cluster logs at most some ${range(most, some)} events/s, however many nodes it ` +
    'has. '
  );
}

const tebibytes = (bytes) => `${(bytes / 2 ** 40).toFixed(2)} TiB`;
