import { expect } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { lameDuck } from '../bench.js';
import { describeAnswer } from '../describe.js';
import type { Answer } from '../exchange.js';
import { isPlain, type Scenario } from '../scenario.js';

const nothing = 'nothing: no client was there';

/** Node's HTTP/2 client takes a connection that ends under a stream for the end of the stream. */
const describeCut = (answer: Answer): string =>
  describeAnswer({ ...answer, isComplete: answer.isComplete && answer.body.includes('last') });

/** An operator sends a second signal later than a supervisor that delivers the first one twice. */
const operator = (): Promise<void> => setTimeout(1_200);

const secondSignal = (
  phase: string,
  scenario: Pick<Scenario, 'options'> & { readonly when: readonly [string, object?] },
): Scenario => ({
  name: `a second signal ${phase}`,
  ...(scenario.options && { options: scenario.options }),
  exit: 143,
  bound: 'at once',
  async run(bench) {
    const stream = await bench.stream();
    await bench.trigger();
    if (phase !== 'during lame duck' && phase !== 'during draining') bench.app.open('events');
    await bench.app.tells(...scenario.when);
    await operator();
    bench.app.kill('SIGTERM');
    bench.startWatch();
    return describeCut(await stream.done);
  },
});

/** The process: its start, its hooks, its signals. */
export const lifecycle: readonly Scenario[] = [
  {
    name: 'a hung afterDrain hook',
    on: isPlain,
    options: { hooks: { afterDrain: 'hangs' } },
    bound: 'hookTimeout',
    async run(bench) {
      await bench.port();
      await bench.trigger();
      await bench.app.exited;
      expect(bench.app.output).toContain('hook of Database took more than 1 s');
      return nothing;
    },
  },
  {
    name: 'a throwing afterDrain hook',
    on: isPlain,
    options: { hooks: { afterDrain: 'throws' } },
    bound: 'at once',
    async run(bench) {
      await bench.port();
      await bench.trigger();
      await bench.app.exited;
      expect(bench.app.output).toContain('hook of Database failed');
      return nothing;
    },
  },
  {
    name: 'a hung onModuleDestroy hook',
    on: isPlain,
    options: { shutdownHooks: true, hooks: { onModuleDestroy: 'hangs' } },
    exit: 1,
    bound: 'exitTimeout',
    async run(bench) {
      await bench.port();
      await bench.trigger();
      await bench.app.exited;
      expect(bench.app.output).toContain('a shutdown hook hangs');
      return nothing;
    },
  },
  {
    name: 'a throwing onModuleDestroy hook',
    on: isPlain,
    options: { shutdownHooks: true, hooks: { onModuleDestroy: 'throws' } },
    bound: 'at once',
    async run(bench) {
      await bench.port();
      await bench.trigger();
      await bench.app.exited;
      expect(bench.app.output).toContain('onModuleDestroy threw');
      return nothing;
    },
  },
  secondSignal('during lame duck', {
    options: { drain: { propagationDelay: 20 } },
    when: ['phase', { phase: 'lameDuck' }],
  }),
  secondSignal('during draining', { when: ['phase', { phase: 'draining' }] }),
  secondSignal('after the drain, during an afterDrain hook', {
    options: { drain: { hookTimeout: 20 }, hooks: { afterDrain: 'hangs' } },
    when: ['afterDrain'],
  }),
  secondSignal("during Nest's hooks", {
    options: {
      shutdownHooks: true,
      drain: { exitTimeout: 20 },
      hooks: { onModuleDestroy: 'hangs' },
    },
    when: ['onModuleDestroy'],
  }),
  {
    name: 'SIGINT after SIGTERM',
    on: isPlain,
    exit: 130,
    bound: 'at once',
    async run(bench) {
      const stream = await bench.stream();
      await bench.trigger();
      await operator();
      bench.app.kill('SIGINT');
      bench.startWatch();
      return describeCut(await stream.done);
    },
  },
  {
    name: 'a signal that is delivered twice, as SIGTERM and SIGINT',
    on: isPlain,
    bound: 'at once',
    async run(bench) {
      const stream = await bench.stream();
      await bench.trigger();
      bench.app.kill('SIGTERM');
      bench.app.kill('SIGINT');
      await operator();
      bench.open('events');
      return describeCut(await stream.done);
    },
  },
  {
    name: 'SIGTERM during bootstrap',
    on: isPlain,
    options: { hooks: { onModuleInit: 'waits' } },
    bound: 'at once',
    async run(bench) {
      await bench.app.tells('arrived', { name: 'onModuleInit' });
      bench.app.kill('SIGTERM');
      bench.startWatch();
      await bench.app.exited;
      return nothing;
    },
  },
  {
    name: 'SIGTERM before listen has finished',
    on: isPlain,
    options: { listensLate: true },
    bound: 'at once',
    async run(bench) {
      await bench.app.tells('arrived', { name: 'listen' });
      await bench.trigger();
      return nothing;
    },
  },
  {
    name: 'SIGTERM before listen has finished, with a listen that comes during lame duck',
    options: { listensLate: true, drain: lameDuck },
    bound: 'propagationDelay',
    async run(bench) {
      await bench.app.tells('arrived', { name: 'listen' });
      await bench.trigger();
      bench.app.open('listen');
      const answer = await (await bench.ask('/plain')).done;
      expect(answer.status).toBe(200);
      return describeAnswer(answer);
    },
  },
  {
    name: 'an application that imports the module twice',
    on: isPlain,
    options: { importsTwice: true },
    exit: 1,
    bound: 'at once',
    async run(bench) {
      await bench.app.exited;
      bench.startWatch();
      expect(bench.app.output).toContain('import it once, in the root module');
      return 'nothing: it refuses to start, and says what to change';
    },
  },
];
