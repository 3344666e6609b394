import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionResult } from 'graphql';
import { createClient } from 'graphql-sse';
import { goesOnAtNextReplica } from '../support/replicas.js';
import type { Cleanups, Recipe, RecipeProcess } from '../support/recipe.js';

interface Ticks {
  readonly ticks: { readonly n: number; readonly replica: number };
}

/** The official client. Where its default would give up, the next replica is not there yet. */
function clientOf(app: RecipeProcess, cleanups: Cleanups) {
  const client = createClient({
    url: `${app.url}/graphql/stream`,
    retryAttempts: Infinity,
    retry: () => pause(100),
  });
  cleanups.push(() => client.dispose());
  return client;
}

/** SIGTERM at the third result; every result to the end. */
async function progressThroughSigterm(app: RecipeProcess, cleanups: Cleanups): Promise<string> {
  const seen: string[] = [];
  const query = 'subscription { progress }';
  const results = clientOf(app, cleanups).iterate<{ progress: number }>({ query });
  for await (const result of results) {
    const { data, errors } = result as ExecutionResult<{ progress: number }>;
    seen.push(`${data?.progress ?? errors?.[0]?.message}`);
    if (seen.length === 3) app.terminate();
  }
  const last = seen.pop();
  const isGapless = seen.every((text, index) => text === `${index + 1}`);
  if (!isGapless) return `results with gaps (${seen.join(' ')})`;
  if (last === '10') return 'all 10 results, `complete`';
  return `the results until then, the error \`${last}\`, \`complete\``;
}

export const graphqlSse: Recipe = {
  name: 'graphql-sse',
  plays: [
    {
      underWay: 'a query',
      async run(app, _env, cleanups) {
        const answer = clientOf(app, cleanups).iterate({ query: '{ slow }' }).next();
        await app.received('POST /graphql/stream');
        app.terminate();
        const { data } = (await answer).value as ExecutionResult;
        return `its result, \`${JSON.stringify(data)}\``;
      },
    },
    {
      underWay: 'a finite subscription',
      run: (app, _env, cleanups) => progressThroughSigterm(app, cleanups),
    },
    {
      underWay: 'a finite subscription that outlasts `timeout`',
      env: { TIMEOUT: '0.4' },
      outcome: 'timeout',
      run: (app, _env, cleanups) => progressThroughSigterm(app, cleanups),
    },
    {
      underWay: 'an endless subscription (the official client)',
      run: (app, _env, cleanups) =>
        goesOnAtNextReplica('graphql-sse', app, cleanups, (listener) => {
          const query = 'subscription { ticks { n replica } }';
          return clientOf(app, cleanups).subscribe<Ticks>(
            { query },
            {
              next: ({ data }: ExecutionResult<Ticks>) =>
                data && listener.event(data.ticks.replica, data.ticks.n),
              error: listener.failed,
              complete: () => undefined,
            },
          );
        }),
    },
  ],
};
