import { throughSigterm } from '../support/events.js';
import { linesThroughSigterm } from '../support/lines.js';
import type { Recipe } from '../support/recipe.js';

export const compression: Recipe = {
  name: 'compression',
  plays: [
    {
      underWay: 'a finite `@Sse()` answer',
      run: (app) => throughSigterm(app, '/events/20', { total: 20 }),
    },
    {
      underWay: 'an answer of lines',
      run: (app) => linesThroughSigterm(app, '/lines', 20),
    },
    {
      underWay: 'an answer of lines that outlasts `timeout`',
      env: { TIMEOUT: '1' },
      outcome: 'timeout',
      run: (app) => linesThroughSigterm(app, '/lines', 200),
    },
    {
      underWay: 'a subscription on `@Res()`',
      run: (app) => throughSigterm(app, '/ticks'),
    },
  ],
};
