import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import { startRecipe, type Recipe } from '../support/recipe.js';
import type { AppRouter } from './main.js';

function clientOf(url: string) {
  const address = `${url}/trpc`;
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({ url: address, EventSource }),
        false: httpLink({ url: address }),
      }),
    ],
  });
}

export const trpc: Recipe = {
  name: 'trpc',
  plays: [
    {
      underWay: 'a query',
      async run(app) {
        const answer = clientOf(app.url).slow.query();
        await app.received('GET /trpc/slow');
        app.terminate();
        return `its result, \`${await answer}\``;
      },
    },
    {
      underWay: 'a subscription (`httpSubscriptionLink`)',
      async run(app, _env, cleanups) {
        const seen: number[] = [];
        const replicas = new Set<number>();
        let onSecond = (): void => undefined;
        const goesOn = new Promise<void>((resolve) => (onSecond = resolve));
        const subscription = clientOf(app.url).ticks.subscribe(undefined, {
          onData: ({ data }) => {
            seen.push(data.n);
            replicas.add(data.replica);
            if (data.n === 5) app.terminate();
            if (replicas.size === 2) onSecond();
          },
        });
        cleanups.push(() => subscription.unsubscribe());
        await app.exited;
        const { port } = new URL(app.url);
        const next = await startRecipe('trpc', { PORT: port });
        cleanups.push(() => next.stop());
        await goesOn;
        const isGapless = seen.every((n, index) => n === index + 1);
        return `goes on at the next replica, ${isGapless ? 'no event lost' : seen.join(' ')}`;
      },
    },
  ],
};
