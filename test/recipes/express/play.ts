import { throughSigterm } from '../support/events.js';
import { linesThroughSigterm } from '../support/lines.js';
import type { Recipe } from '../support/recipe.js';

export const express: Recipe = {
  name: 'express',
  plays: [
    {
      underWay: 'an answer of lines',
      run: (app) => linesThroughSigterm(app, '/count/lines', 20),
    },
    {
      underWay: 'an answer of lines that outlasts `timeout`',
      env: { TIMEOUT: '1' },
      outcome: 'timeout',
      run: (app) => linesThroughSigterm(app, '/count/lines', 200),
    },
    {
      underWay: 'an endless event stream',
      run: (app) => throughSigterm(app, '/count/events'),
    },
  ],
};
