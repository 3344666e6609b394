import { expect } from '@jest/globals';
import { describeEvents } from '../support/events.js';
import { readThrough } from '../../../examples/support/example.js';
import type { Recipe } from '../support/recipe.js';

/** Helmet's headers are on every answer of the application, and a refusal is one. */
const secured = (response: Response): string =>
  response.headers.get('content-security-policy') ? 'with helmet’s headers' : 'bare';

export const helmet: Recipe = {
  name: 'helmet',
  plays: [
    {
      underWay: 'a finite `@Sse()` answer, and a new one while draining',
      async run(app) {
        expect(secured(await fetch(`${app.url}/health`))).toBe('bare');
        const response = await fetch(`${app.url}/answer/20`);
        let late: Promise<Response> | undefined;
        const text = await readThrough(response, 'data: 5\n', () => {
          app.terminate();
          late = app.printed('Shutting down').then(() => fetch(`${app.url}/answer/20`));
        });
        const refused = await late!;
        expect(await refused.json()).toMatchObject({ statusCode: 503, reason: 'draining' });
        return [
          `${response.status}, ${describeEvents(text, 20)}, ${secured(response)}`,
          `${refused.status}, \`Retry-After: ${refused.headers.get('retry-after')}\`, ${secured(refused)}`,
        ].join('; ');
      },
    },
  ],
};
