import { throughSigterm } from '../support/events.js';
import type { Recipe } from '../support/recipe.js';

type Line = Readonly<Record<string, unknown>>;

export const pino: Recipe = {
  name: 'pino',
  plays: [
    {
      underWay: 'a finite `@Sse()` answer',
      async run(app) {
        const seen = await throughSigterm(app, '/answer/20', { total: 20 });
        await app.exited;
        const lines = app
          .output()
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line) as Line);
        const ended = lines.find(({ event }) => event === 'ended');
        const request = lines.find(({ msg }) => msg === 'request completed');
        const { statusCode } = (request?.['res'] ?? {}) as Line;
        const { outcome, completed } = ended ?? {};
        return `${seen}; the log has \`${JSON.stringify({ outcome, completed })}\` and the request’s \`${JSON.stringify({ statusCode })}\``;
      },
    },
  ],
};
