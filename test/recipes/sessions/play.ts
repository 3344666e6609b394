import { throughSigterm } from '../support/events.js';
import type { Recipe } from '../support/recipe.js';

export const sessions: Recipe = {
  name: 'sessions',
  plays: [
    {
      underWay: 'a request that saves its session',
      async run(app) {
        const first = fetch(`${app.url}/visit`);
        await app.received('GET /visit');
        app.terminate();
        const response = await first;
        const seen = `${response.status}, \`${await response.text()}\``;
        await app.exited;
        return `${seen}, ${app.output().includes('disconnected') ? 'not saved' : 'saved'}`;
      },
    },
    {
      underWay: 'a finite `@Sse()` answer that changes its session',
      run: (app) => throughSigterm(app, '/answer/20', { total: 20 }),
    },
  ],
};
