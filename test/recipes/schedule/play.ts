import { expect } from '@jest/globals';
import type { Recipe } from '../support/recipe.js';

export const schedule: Recipe = {
  name: 'schedule',
  plays: [
    {
      underWay: 'a `@Cron()` run, with the next one due',
      async run(app) {
        await app.printed('run 1 begins');
        app.terminate();
        await app.exited;
        const output = app.output();
        const runs = (what: string): string[] =>
          [...output.matchAll(new RegExp(`(run \\d+) ${what}`, 'g'))].map(([, run = '']) => run);
        const [begun, ended] = [runs('begins'), runs('ends')];
        expect(output.lastIndexOf('ends')).toBeLessThan(output.indexOf('destroyed'));
        expect(output.lastIndexOf('begins')).toBeLessThan(output.indexOf('Shutting down'));
        const unfinished = begun.filter((run) => !ended.includes(run));
        return unfinished.length === 0
          ? 'every run that began has ended; none began while draining'
          : `${unfinished.join(', ')} never ended`;
      },
    },
  ],
};
