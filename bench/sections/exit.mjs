import { setTimeout as pause } from 'node:timers/promises';
import { rotated } from '../support/alternate.mjs';
import { countLost, sumOf, tellLosses } from '../support/losses.mjs';
import { bound, peers, tellTime } from '../support/peers.mjs';
import { median } from '../support/statistics.mjs';
import { withClients, withServer } from '../support/server.mjs';
import { Turns } from '../support/turns.mjs';

const connections = 1000;
const asking = 100;
const busy = 50;
/** ms of `settle`, for which law 11 lets a connection that was just answered hold the exit. */
const settle = 250;
const goal = 100;

const situations = {
  silent: {
    text: `${connections} connections, silent for half a second; no client wants anything any more`,
    goal,
    rounds: 3,
    adapters: ['express', 'fastify'],
    run: silent,
  },
  'just answered': {
    text:
      `${connections} connections that were answered in the moment before SIGTERM; ${asking} of these clients ask ` +
      'again within the next 200 ms',
    goal: settle + goal,
    rounds: 1,
    adapters: ['express'],
    run: justAnswered,
  },
  busy: {
    text:
      `${busy} clients that ask every few milliseconds on a kept connection until an answer tells them not to, ${busy} ` +
      `requests that are under way for another 700 ms, and ${busy} streams that end a second after SIGTERM`,
    rounds: 1,
    adapters: ['express'],
    run: underLoad,
  },
};

/** From SIGTERM to the exit, and what the clients lost by it. */
export async function exit() {
  const rows = [];
  for (const [name, situation] of Object.entries(situations)) {
    rows.push(...(await rowsOf(name, situation)));
  }
  return {
    title: 'SIGTERM to exit, and what it costs the clients',
    text:
      'From SIGTERM to the exit of the process, as its parent sees it, in fresh processes. No connection here was ' +
      'notified before SIGTERM. ' +
      Object.entries(situations)
        .map(([name, { text }]) => `*${name}*: ${text}.`)
        .join(' ') +
      ` Goals: ${goal} ms with silent connections. Behind an answer that promised keep-alive, law 11 waits ${settle} ms ` +
      `for the next request, so ${settle + goal} ms there. With silent connections the median of ` +
      `${situations.silent.rounds} rounds counts, with the quickest and the slowest in brackets. *Lost* is a request on a kept ` +
      'connection that was closed instead of answered, one that was refused, a stream that did not come to its end. An ' +
      'exit that loses requests is marked, however quick it is.',
    columns: ['situation', 'adapter', 'library', 'time', 'lost', 'verdict'],
    rows,
  };
}

async function rowsOf(name, situation) {
  const parties = situation.adapters.flatMap((adapter) =>
    peers.map((variant) => ({ adapter, variant })),
  );
  const rounds = [];
  for (let round = 0; round < situation.rounds; round += 1) {
    rounds.push(await allEnded(parties, situation, round));
  }
  return parties.map(({ adapter, variant }, index) => {
    const results = rounds.map((round) => round[index]);
    return [name, adapter, variant, ...cells(results, situation.goal)];
  });
}

function cells(results, limit) {
  const times = results.map(({ time }) => time);
  const time = times.includes(undefined) ? undefined : median(times);
  const outcomes = sumOf(results.map((result) => result.outcomes));
  return [tellTimes(time, times), tellLosses(outcomes), judge(time, outcomes, limit)];
}

function tellTimes(time, times) {
  if (time === undefined || times.length === 1) return tellTime(time);
  return `${tellTime(time)} (${tellTime(Math.min(...times))} … ${tellTime(Math.max(...times))})`;
}

function judge(time = Infinity, outcomes, limit) {
  if (countLost(outcomes) > 0) return '**loses requests**';
  if (limit === undefined) return 'loses nothing';
  return time <= limit ? 'reached' : '**missed**';
}

/** All are started together, and have their turn one after the other. What then only waits does so beside the next. */
function allEnded(parties, { run }, round) {
  // Another begins each time: the first has its turn just behind the start of all processes.
  const order = rotated([...parties.keys()], round + 1);
  const turns = new Turns(parties.length);
  const end = (party, index) =>
    withServer(party, (server, port) =>
      withClients(async (clients) => {
        const { time, outcomes } = await turns.take(order.indexOf(index), () =>
          run(server, clients, port),
        );
        return { time: await time, outcomes };
      }),
    );
  return Promise.all(parties.map(end));
}

async function silent(server, clients, port) {
  const group = 'silent';
  await clients.ask('keep', { group, port, count: connections });
  await clients.ask('ask', { group, path: '/plain' });
  await pause(2 * settle);
  const endings = clients.ask('endings', { group });
  const time = await exitTime(server);
  const { reset = 0 } = await endings;
  return { time, outcomes: { connections: { reset } } };
}

async function justAnswered(server, clients, port) {
  const [silent, again] = ['silent', 'again'];
  await clients.ask('keep', { group: silent, port, count: connections - asking });
  await clients.ask('keep', { group: again, port, count: asking });
  for (const group of [silent, again]) await clients.ask('ask', { group, path: '/plain' });
  const exited = exitTime(server);
  const outcomes = clients.ask('ask', { group: again, path: '/plain', within: 200 });
  const time = await exited;
  return { time, outcomes: { requests: await outcomes } };
}

async function underLoad(server, clients, port) {
  const groups = ['requests', 'under way', 'streams'];
  for (const group of groups) await clients.ask('keep', { group, port, count: busy });
  await clients.ask('begin', { group: 'streams', path: '/ending' });
  const outcomes = [
    clients.ask('askOften', { group: 'requests', path: '/plain', between: 3, time: 2000 }),
    clients.ask('ask', { group: 'under way', path: '/slow' }),
    clients.ask('begun', { group: 'streams' }),
  ];
  await pause(300);
  // The next has its turn while this one waits for its exit.
  const time = exitTime(server);
  await pause(1000);
  server.ask('endStreams').catch(() => undefined);
  const [requests, underWay, streams] = await Promise.all(outcomes);
  return { time, outcomes: { requests, 'under way': underWay, streams } };
}

/** ms, or undefined where it does not come; the process is gone afterwards. */
async function exitTime(server) {
  const exited = server.exit(bound);
  const started = performance.now();
  server.signal('SIGTERM');
  const moment = await exited;
  await server.stop();
  return moment && moment - started;
}
