import { readThrough } from '../../../examples/support/example.js';
import { describeEvents } from '../support/events.js';
import type { Recipe, RecipeProcess } from '../support/recipe.js';

async function read(app: RecipeProcess, id: string, onMiddle: () => void): Promise<string> {
  const response = await fetch(`${app.url}/answer/20`, { headers: { 'X-Request-Id': id } });
  const text = await readThrough(response, 'data: 5\n', onMiddle);
  const ids = new Set([...text.matchAll(/^id: (.*)$/gm)].map(([, seen]) => seen));
  const own = ids.size === 1 && ids.has(id);
  return `${response.status}, ${describeEvents(text, 20)}, ${own ? 'each with its own request’s id' : `ids ${[...ids].join(' ')}`}`;
}

export const cls: Recipe = {
  name: 'cls',
  plays: [
    {
      underWay: 'two answers that read their context',
      async run(app) {
        let reached = 0;
        const onMiddle = (): void => {
          reached += 1;
          if (reached === 2) app.terminate();
        };
        const seen = await Promise.all([
          read(app, 'first', onMiddle),
          read(app, 'second', onMiddle),
        ]);
        return [...new Set(seen)].join('; ');
      },
    },
  ],
};
