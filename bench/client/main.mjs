import { setTimeout as pause } from 'node:timers/promises';
import { awake } from '../support/awake.mjs';
import { answerQuestions } from '../support/questions.mjs';
import { KeptClient } from './kept-client.mjs';
import { RequestClient } from './request-client.mjs';
import { SessionClient } from './session-client.mjs';
import { StreamClient } from './stream-client.mjs';

// Many clients in one process, so cheap that the server has the other core for itself.
let clients = [];
let sessions = [];
/** By their port: the servers that are compared. */
const requesters = new Map();
/** Groups of kept connections, by their name. */
const kept = new Map();
const answering = new Map();

answerQuestions({
  async connect({ port, path, connections }) {
    requesters.set(port, await RequestClient.open(port, path, connections));
  },
  /** @param isAwake see `awake` */
  request({ port, count, isAwake = false }) {
    const asked = requesters.get(port).ask(count);
    return isAwake ? awake(asked) : asked;
  },
  async open({ port, path, count }) {
    clients = Array.from({ length: count }, (_, index) => new StreamClient(port, path, index));
    const pending = [...clients];
    const openAll = async () => {
      for (let client = pending.pop(); client; client = pending.pop()) await client.open();
    };
    await Promise.all(Array.from({ length: 100 }, openAll));
  },
  /** Waits until every stream has ended, one way or another. */
  async ends() {
    await Promise.all(clients.map((client) => client.closed));
    return clients.map(({ farewellAt, endAt }) => ({ farewellAt, endAt }));
  },
  /** When the last stream has come to its end, all connections being kept. */
  async lastEnd() {
    await Promise.all(clients.map((client) => client.ended));
    return Math.max(...clients.map(({ endAt }) => endAt));
  },
  async openSessions({ port, path, count, streams }) {
    sessions = Array.from({ length: count }, () => new SessionClient(port, path, streams));
    for (const session of sessions) await session.open();
  },
  /** Waits until every stream of every session has ended. */
  async sessionEnds() {
    await Promise.all(sessions.map((session) => session.closed));
    return {
      endsAt: sessions.flatMap(({ endsAt }) => endsAt),
      asked: sessions.reduce((sum, { asked }) => sum + asked, 0),
    };
  },
  async leave() {
    for (const client of clients) client.leave();
    await Promise.all(clients.map((client) => client.closed));
  },
  /** Opens so many connections, each of which is kept. */
  async keep({ group, port, count }) {
    kept.set(group, await Promise.all(Array.from({ length: count }, () => KeptClient.open(port))));
  },
  /** Opens so many connections, a few at a time; each carries so many streams, and its client leaves the last one. */
  async churn({ port, connections, streams }) {
    let left = connections;
    const lane = async () => {
      while ((left -= 1) >= 0) await carry(port, left, streams);
    };
    await Promise.all(Array.from({ length: 32 }, lane));
  },
  /** Each client of the group asks; one after the other, if that is to take `within` ms. */
  ask: ({ group, path, within = 0 }) =>
    outcomes(group, async (client, share) => {
      if (within > 0) await pause(share * within);
      return client.ask(path);
    }),
  /** Each client of the group asks; resolves when the answers have begun. */
  async begin({ group, path }) {
    const begun = kept.get(group).map((client) => client.begun());
    answering.set(
      group,
      outcomes(group, (client) => client.ask(path)),
    );
    await Promise.all(begun);
  },
  /** What became of the answers that had begun. */
  begun: ({ group }) => answering.get(group),
  /** Each asks again and again, as a client with a pool does under load. */
  askOften: ({ group, path, between, time }) =>
    outcomes(group, (client) => client.askOften(path, between, time)),
  /** How the connections of the group ended, once all have. */
  async endings({ group }) {
    await Promise.all(kept.get(group).map((client) => client.closed));
    return count(kept.get(group).map((client) => client.ended));
  },
});

async function carry(port, index, streams) {
  const client = await KeptClient.open(port, `127.0.0.${2 + (index % 32)}`);
  for (let stream = 1; stream < streams; stream += 1) {
    const outcome = await client.ask('/stream');
    if (outcome !== 'answered') throw new Error(`A stream was ${outcome}.`);
  }
  const begun = client.begun();
  void client.ask('/hold');
  await begun;
  client.leave();
  await client.closed;
}

async function outcomes(group, ask) {
  const members = kept.get(group);
  return count(
    await Promise.all(members.map((client, index) => ask(client, index / members.length))),
  );
}

function count(words) {
  const counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
