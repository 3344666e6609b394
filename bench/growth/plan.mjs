import { table } from '../support/markdown.mjs';
import { kibibytes } from '../support/statistics.mjs';
import { isValid } from './resumable.mjs';

const streams = 1e6;
/** A pod has one core, as Node has one thread, and 1 GiB. What is planned is half of it: a zone loss adds half again. */
const [podProcessor, podMemory] = [0.5e6, 512 * 2 ** 20];
/** A Redis: half of the core that it uses, and 16 GiB. */
const [serverProcessor, serverMemory] = [0.5e6, 16 * 2 ** 30];
/** Seconds that the drain takes to end all streams of a pod: by so much it begins before the deadline, at most. */
const tellingTime = 1;
/** µs of processor each second that a pod has left for newcomers, when it carries those of the lost zone too. */
const spare = 0.25e6;

/** µs; less is lost in what a machine does besides. */
const measurable = 0.5;

const loads = [
  { name: 'notifications, one in 10 s', rate: 0.1, isLogged: false },
  { name: 'answers, 20 tokens/s', rate: 20, isLogged: false },
  { name: 'answers, 20 tokens/s, resumable', rate: 20, isLogged: true },
  { name: 'the same, tokens of 250 ms in one event', rate: 4, isLogged: true },
];

/** What a million streams need, by arithmetic from the measured costs. */
export function plan(curves) {
  const costs = costsOf(curves);
  const plans = loads.map((load) => planFor(load, costs));
  return [
    '## A million streams at once',
    `On paper, from the costs above (Express): ${costText(costs)}. A pod has one core and 1 GiB, a Redis one core and ` +
      '16 GiB. The plan uses half of each, so that two zones of three can carry what the third one loses.',
    podTable(plans),
    `*Limited by*: *processor* is the sending (and logging) of events; *memory* is ${kibibytes(costs.resident)} for each ` +
      `stream; *telling* is ${tellingTime} s to end all at the deadline: where it takes longer, the drain begins before it, ` +
      'and the last streams get that much less time.',
    '### Redis',
    redisTable(plans),
    `The larger number decides. An event takes ${Math.round(costs.bytes)} bytes, and is kept for \`ttl\` behind the last one of ` +
      'its stream. **Write tokens together, and set `ttl` to what a client needs to come back.**',
    clusterText(costs),
    '### A zone is lost',
    zoneText(plans, costs),
    '### What breaks first, and what to set',
    ...advice(costs),
  ].join('\n\n');
}

/** Those of the largest crowd. */
function costsOf({ open, told, resumable }) {
  const last = (points, of) => points.filter(of).at(-1);
  const of = (name) => last(resumable.points, (point) => point.topology === name && isValid(point));
  const [server, cluster] = [of('one server'), of('cluster of three')];
  return {
    ...last(open.points, ({ party }) => party === 'Express'),
    ending: last(told.points, ({ adapter }) => adapter === 'express').cost,
    ...{ redis: server.redis, replica: server.replica },
    bytes: resumable.points[0].bytes,
    ...{ takeOver: server.takeOver, takeOverReplica: server.takeOverReplica },
    /** µs of each node of a cluster, for every event of the whole cluster. */
    broadcast: cluster ? (cluster.redis - server.redis) / 3 : 0,
  };
}

function costText({ opening, event, ending, redis, replica }) {
  const each = (value, what) => `${value.toFixed(0)} µs ${what}`;
  return [
    ...[
      each(opening, 'to open a stream'),
      each(event, 'to send an event'),
      each(ending, 'to end a stream'),
    ],
    `${each(replica, 'of the replica')} and ${each(redis, 'of Redis to log an event')}`,
  ].join(', ');
}

function planFor({ name, rate, isLogged }, costs) {
  const limits = {
    processor: podProcessor / (rate * (costs.event + (isLogged ? costs.replica : 0))),
    memory: podMemory / costs.resident,
    telling: (tellingTime * 1e6) / costs.ending,
  };
  const [limit, perPod] = Object.entries(limits).sort(([, a], [, b]) => a - b)[0];
  const bytes = (ttl) => streams * rate * ttl * costs.bytes;
  return {
    ...{ name, isLogged, limit, perPod: Math.floor(perPod) },
    ...{ pods: Math.ceil(streams / perPod), events: streams * rate },
    servers: (ttl) => ({
      processor: Math.ceil((streams * rate * costs.redis) / serverProcessor),
      memory: Math.ceil(bytes(ttl) / serverMemory),
    }),
    bytes,
  };
}

function podTable(plans) {
  const rows = plans.map(({ name, perPod, limit, pods }) => [
    name,
    number(perPod),
    limit,
    number(pods),
  ]);
  return table(['streams', 'in a pod', 'limited by', 'pods'], rows);
}

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

/** Sharing one cluster helps only as far as its nodes do not do the same work. */
function clusterText({ broadcast }) {
  const cost = Math.max(broadcast, measurable);
  const most = number(serverProcessor / cost);
  return (
    'Take servers, not one cluster: each append wakes the readers of other replicas by `PUBLISH`, and a cluster passes ' +
    `every \`PUBLISH\` on to all its nodes. That is about ${cost.toFixed(1)} µs of **each** node for every event of ` +
    `the cluster, so no cluster logs more than ${most} events/s at half a core, however many nodes it has. Divide ` +
    'the users among cells instead, each with pods and a Redis (or a small cluster) of its own.'
  );
}

function zoneText(plans, { opening, takeOver, takeOverReplica }) {
  const lost = streams / 3;
  const rows = plans.map(({ name, pods, isLogged, servers }) => {
    const left = Math.ceil((pods * 2) / 3);
    const newcomer = opening + (isLogged ? takeOverReplica : 0);
    const admitted = (left * spare) / newcomer;
    const takeOvers = (servers(60).processor * spare) / takeOver;
    return [
      ...[name, number(left), number(lost / left), `${number(lost / admitted)} s`],
      isLogged ? `${number(lost / takeOvers)} s` : '',
    ];
  });
  return [
    `${number(lost)} clients lose their stream in one moment, and come back in the next. The pods that are left carry half as much again and have a ` +
      'quarter of a core for newcomers; the Redis servers have the same for take-overs.',
    table(
      [
        'streams',
        'pods left',
        'newcomers for each',
        'all are back after',
        'all are taken over after',
      ],
      rows,
    ),
    'So much the processor can do. Before that, the newcomers of a pod wait in its accept queue: Node asks for 511 ' +
      'places. Where there are more, the kernel drops the SYN, and the client sends it again after 1, 3 and 7 s. `resumingFetch` comes back after 0.13 to 0.25 s and doubles its pause up to 8 s, with a ' +
      'random part, ten times in a row without an event: about 45 s. An `EventSource` waits for the last `retry:` that it ' +
      'has read, without a random part: all of them come at once. Nothing can tell a client anything when its zone is ' +
      'lost, so the advice has to be there before. The producers that are lost are taken over when their `lease` (5 s) ' +
      'is over.',
  ].join('\n\n');
}

const advice = ({ opening }) => [
  table(
    ['it breaks in this order', 'because', 'set'],
    [
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
      [
        'the accept queue, in the storm',
        `opening costs ${opening.toFixed(0)} µs, and Node's default queue holds 511`,
        '`listen({ backlog })` and `net.core.somaxconn` of 4096; a random `retry:` in the first event of a subscription, spread over the time in the table above',
      ],
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
    ],
  ),
];

const number = (value) => Math.ceil(value).toLocaleString('en');
const tebibytes = (bytes) => `${(bytes / 2 ** 40).toFixed(2)} TiB`;
