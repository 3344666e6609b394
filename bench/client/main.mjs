import { answerQuestions } from '../support/questions.mjs';
import { RequestClient } from './request-client.mjs';
import { SessionClient } from './session-client.mjs';
import { StreamClient } from './stream-client.mjs';

// Many clients in one process, so cheap that the server has the other core for itself.
let clients = [];
let sessions = [];
/** By their port: the servers that are compared. */
const requesters = new Map();

answerQuestions({
  async connect({ port, path, connections }) {
    requesters.set(port, await RequestClient.open(port, path, connections));
  },
  request: ({ port, count }) => requesters.get(port).ask(count),
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
});
