import { setTimeout as pause } from 'node:timers/promises';
import { resumingFetch } from 'nestjs-drain-client';
import { CuttableProxy } from '../support/cuttable-proxy.mjs';
import { now } from '../support/monotonic.mjs';
import { Child } from '../support/questions.mjs';
import { connect, usageOf, withRedis } from '../support/redis.mjs';
import { milliseconds, quantile } from '../support/statistics.mjs';

const every = 50;

/** How long a reader of a resumable stream waits behind a cut of its connection. */
export async function reconnect({ quick }) {
  const [lanes, cuts] = quick ? [10, 5] : [10, 14];
  const row = async (reader, options) => {
    const pauses = await withReplicas((replicas) => {
      const ports = replicas.ports.toReversed().slice(reader === 'the same replica' ? 1 : 0);
      const lane = () => cutAgainAndAgain(replicas.ports[0], ports[0], cuts, options);
      return Promise.all(Array.from({ length: lanes }, lane));
    });
    return pauseRow(reader, options, pauses.flat());
  };
  const rows = [];
  for (const reader of ['the same replica', 'the other replica']) {
    // Side by side: two hundred events a second leave the machine idle.
    rows.push(...(await Promise.all([row(reader, {}), row(reader, { shortestPause: 0 })])));
  }
  return {
    title: 'Reconnect after a cut',
    text:
      'Two replicas on one Redis, both alive. `resumingFetch` reads a resumable stream with a word every ' +
      `${every} ms; its connection is cut at a random moment, ${cuts} times in each of ${lanes} streams. How late the first ` +
      'word on the next connection is: from the cut, or from its emission where that came later, until it is read, so ' +
      'that the wait for the source to say something does not count. ' +
      'The client waits 125 to 250 ms by itself, so that clients do not come back all at ' +
      'once; with `shortestPause: 0` it does not, and what is left is the new connection and the way of a word through the log.',
    columns: ['reader comes back to', 'client', 'cuts', 'p50', 'p99', 'longest'],
    rows,
  };
}

function pauseRow(reader, { shortestPause }, pauses) {
  const client = shortestPause === undefined ? 'defaults' : `\`shortestPause: ${shortestPause}\``;
  const times = [0.5, 0.99, 1].map((share) => milliseconds(quantile(pauses, share)));
  return [reader, client, String(pauses.length), ...times];
}

/** By how many ms the first word behind each cut is late; every word has to come once and in order. */
async function cutAgainAndAgain(producer, reader, cuts, options) {
  const proxy = await CuttableProxy.start(producer);
  const pauses = [];
  let words = 0;
  let cut;
  for await (const { data } of resumingFetch(`${proxy.url}/resumable`, {}, options)) {
    const { word, at } = JSON.parse(data);
    if (word !== `word${words++}`) throw new Error(`${data} is out of order.`);
    // What the client had read before the cut is no proof of a new connection.
    if (cut?.connections < proxy.connections) {
      pauses.push(now() - Math.max(cut.at, at));
      cut = undefined;
    }
    if (pauses.length === cuts) break;
    cut ??= cutLater(proxy, reader);
  }
  await proxy.stop();
  return pauses;
}

/**
 * Cuts behind some words and a random part of the pause to the next: behind a word at once, a reader who is back in time
 * would always wait for a whole pause between two words.
 * @returns when it was cut, and how many connections there were until then
 */
function cutLater(proxy, reader) {
  const cut = { connections: Infinity };
  const cutNow = () => {
    proxy.target = reader;
    Object.assign(cut, { at: now(), connections: proxy.connections });
    proxy.cut();
  };
  setTimeout(cutNow, (1 + Math.random() * 8) * every);
  return cut;
}

/** What an event of a stream costs its replica and Redis, with and without a log. */
export async function logging({ quick }) {
  const [streams, seconds] = [50, quick ? 3 : 6];
  const parties = {
    'not resumable': openBare,
    'resumable, read where it is produced': openHere,
    'resumable, read at the other replica': openThere,
  };
  const rows = [];
  for (const [name, open] of Object.entries(parties)) {
    const cost = await withReplicas((all) => costPerEvent(all, streams, seconds, open));
    rows.push(costRow(name, cost));
  }
  return {
    title: 'What an event costs with a log',
    text:
      `${streams} streams with a word every ${every} ms each, one reader for each stream, two replicas on one Redis; ` +
      `a fresh pair of processes for each row, ${seconds} s behind a warm-up. Processor time and commands for each ` +
      'event that a reader got. Commands include those inside of scripts, and `PUBLISH`.',
    columns: [
      'stream',
      'events',
      'producing replica, µs',
      'other replica, µs',
      'Redis, µs',
      'scripts',
      'all commands',
    ],
    rows,
  };
}

function costRow(name, { events, producer, other, redis, scripts, commands }) {
  const whole = [events, producer, other, redis].map((number) => number.toFixed(0));
  return [name, ...whole, scripts.toFixed(2), commands.toFixed(2)];
}

async function costPerEvent(replicas, count, seconds, open) {
  const stop = new AbortController();
  const counter = { events: 0 };
  const streams = Array.from({ length: count }, async () => {
    await pause(Math.random() * every);
    return read(await open(replicas.ports, stop.signal), counter);
  });
  await pause(3000);
  const before = await usage(replicas, counter);
  await pause(seconds * 1000);
  const after = await usage(replicas, counter);
  stop.abort();
  await Promise.allSettled(streams);
  const events = after.events - before.events;
  const perEvent = (name) => (after[name] - before[name]) / events;
  const names = ['producer', 'other', 'redis', 'scripts', 'commands'];
  return { events, ...Object.fromEntries(names.map((name) => [name, perEvent(name)])) };
}

async function usage({ processes, redis }, { events }) {
  const [producer, other] = await Promise.all(processes.map((child) => child.ask('processor')));
  const { processor, scripts, commands } = await usageOf(redis);
  const spent = ({ user, system }) => user + system;
  return {
    events,
    producer: spent(producer),
    other: spent(other),
    redis: processor,
    scripts,
    commands,
  };
}

const openBare = ([here], signal) => fetch(`http://127.0.0.1:${here}/bare`, { signal });
const openHere = ([here], signal) => fetch(`http://127.0.0.1:${here}/resumable`, { signal });

/** Begun here and left at once: it goes on here (`background`), and is read elsewhere. */
async function openThere([here, there], signal) {
  const left = new AbortController();
  const begun = await openHere([here], left.signal);
  const location = new URL(
    begun.headers.get('content-location'),
    `http://127.0.0.1:${there}/resumable`,
  );
  left.abort();
  return fetch(location, { signal });
}

async function read({ body }, counter) {
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    counter.events += decoder.decode(bytes, { stream: true }).split('data: ').length - 1;
  }
}

/** The first one is the one that produces. */
async function withReplicas(use) {
  return withRedis(async (url) => {
    const redis = await connect(url);
    const start = () => Child.start('../server/replica.mjs', { redis: url, every });
    const processes = await Promise.all([start(), start()]);
    try {
      const ports = await Promise.all(processes.map((child) => child.ask('port')));
      return await use({ processes, ports, redis });
    } finally {
      await Promise.all(processes.map((child) => child.stop()));
      redis.destroy();
    }
  });
}
