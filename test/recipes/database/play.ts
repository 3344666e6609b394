import type { Recipe } from '../support/recipe.js';

export const database: Recipe = {
  name: 'database',
  plays: [
    {
      underWay: 'a request between two queries, and one more while draining',
      async run(app) {
        const first = fetch(`${app.url}/visits`);
        await app.received('GET /visits');
        app.terminate();
        await app.printed('Shutting down');
        const answers = await Promise.all([first, fetch(`${app.url}/visits`)]);
        const seen = answers.map(async (one) => `${one.status}, \`${await one.text()}\``);
        return (await Promise.all(seen)).join('; ');
      },
    },
  ],
};
