import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { goesOnAtNextReplica } from '../support/replicas.js';
import type { Recipe } from '../support/recipe.js';

export const mercurius: Recipe = {
  name: 'mercurius',
  plays: [
    {
      underWay: 'a query over HTTP',
      async run(app) {
        const body = JSON.stringify({ query: '{ slow }' });
        const headers = { 'Content-Type': 'application/json' };
        const answer = fetch(`${app.url}/graphql`, { method: 'POST', headers, body });
        await app.received('POST /graphql');
        app.terminate();
        return `its result, \`${await (await answer).text()}\``;
      },
    },
    {
      underWay: 'an endless subscription (the client of graphql-ws)',
      run: (app, _env, cleanups) =>
        goesOnAtNextReplica('mercurius', app, cleanups, (listener) => {
          const client = createClient({
            url: `${app.url.replace('http', 'ws')}/graphql`,
            webSocketImpl: WebSocket,
            retryAttempts: Infinity,
            retryWait: () => pause(100),
            // A rollout has another replica by then; here the next one is not there yet.
            shouldRetry: (end) => (end as { code?: number }).code !== 1000,
          });
          return client.subscribe<{ ticks: { n: number; replica: number } }>(
            { query: 'subscription { ticks { n replica } }' },
            {
              next: ({ data }) => data && listener.event(data.ticks.replica, data.ticks.n),
              error: listener.failed,
              complete: () => undefined,
            },
          );
        }),
    },
  ],
};
