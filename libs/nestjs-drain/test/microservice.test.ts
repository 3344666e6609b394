import { once } from 'node:events';
import { eventually } from '../../../testing/eventually.js';
import { connect } from 'node:net';
import { Controller, type OnModuleDestroy } from '@nestjs/common';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Transport,
  type ClientOptions,
  type ClientProxy,
} from '@nestjs/microservices';
import { defer, firstValueFrom, lastValueFrom, of, concat, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Drain } from '../src/core/drain.js';
import { DrainMicroserviceModule } from '../src/microservice/index.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { nextEvent } from './support/application.js';
import { drainedModule } from './support/drained-module.js';
import { startFixture } from './support/fixture-process.js';
import { freePort } from './support/free-port.js';
import { Gate } from './support/gate.js';
import { missingRedis, RedisServer } from '../../nestjs-drain-resume/test/support/redis-server.js';

let gate: Gate<string>;
let log: string[];
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  gate = new Gate();
  log = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

@Controller()
class Orders implements OnModuleDestroy {
  @MessagePattern('order')
  async order(): Promise<string> {
    const answer = await gate.pass();
    log.push('answered');
    return answer;
  }

  @MessagePattern('parts')
  parts() {
    return concat(
      of('first'),
      defer(() => gate.pass()),
    );
  }

  @EventPattern('ordered')
  ordered(_event: unknown) {
    return defer(async () => {
      await gate.pass();
      log.push('handled');
    });
  }

  @MessagePattern('quick')
  quick(): string {
    return 'at once';
  }

  onModuleDestroy(): void {
    log.push('destroyed');
  }
}

const parts = { imports: [DrainMicroserviceModule], controllers: [Orders] };

const tcp = (port: number) => ({
  transport: Transport.TCP as const,
  options: { host: '127.0.0.1', port },
});

function clientOf(options: ClientOptions): ClientProxy {
  const client = ClientProxyFactory.create(options);
  cleanups.push(() => client.close());
  return client;
}

const ask = (client: ClientProxy, pattern: string): Promise<unknown> =>
  firstValueFrom(client.send(pattern, {}));

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!missingRedis) redis = await RedisServer.start();
});
afterAll(() => redis?.stop());

const transports = {
  TCP: async () => tcp(await freePort()),
  Redis: () =>
    Promise.resolve({
      transport: Transport.REDIS as const,
      options: { host: '127.0.0.1', port: redis?.port ?? 0 },
    }),
};

describe.each(Object.entries(transports))('a %s microservice', (name, optionsOf) => {
  const skip = name === 'Redis' && missingRedis !== undefined;

  async function start() {
    const options = await optionsOf();
    const { module, drain } = await drainedModule(parts);
    const application = module.createNestMicroservice({ ...options, logger: false });
    await application.listen();
    const client = clientOf(options);
    return { application, drain, client };
  }

  (skip ? test.skip : test)(
    'answers what it works on before close() closes the transport',
    async () => {
      const { application, drain, client } = await start();
      const answer = ask(client, 'order');
      await gate.reached;
      const draining = nextEvent(drain, 'started');
      const closed = application.close();
      await draining;
      expect(drain.messages.size).toBe(1);
      gate.open('done');
      expect(await answer).toBe('done');
      await closed;
      expect(log).toEqual(['answered', 'destroyed']);
      expect(drain.messages.size).toBe(0);
    },
  );

  (skip ? test.skip : test)('sends every part of a reply that comes in parts', async () => {
    const { application, drain, client } = await start();
    const answer = lastValueFrom(client.send('parts', {}).pipe(toArray()));
    await gate.reached;
    const draining = nextEvent(drain, 'started');
    const closed = application.close();
    await draining;
    gate.open('last');
    expect(await answer).toEqual(['first', 'last']);
    await closed;
  });

  (skip ? test.skip : test)('waits for an event whose handler returned an Observable', async () => {
    const { application, drain, client } = await start();
    await client.connect();
    await lastValueFrom(client.emit('ordered', {}), { defaultValue: undefined });
    await gate.reached;
    const draining = nextEvent(drain, 'started');
    const closed = application.close();
    await draining;
    expect(drain.messages.size).toBe(1);
    gate.open('');
    await closed;
    expect(log).toEqual(['handled', 'destroyed']);
  });

  (skip ? test.skip : test)(
    'is cut at the deadline, and the report names what was left',
    async () => {
      const clock = new ManualClock();
      const options = await optionsOf();
      const { module, drain } = await drainedModule(parts, { timeout: 5, flushTimeout: 1 }, clock);
      const application = module.createNestMicroservice({ ...options, logger: false });
      await application.listen();
      const client = clientOf(options);
      const answer = ask(client, 'order').catch(() => 'failed');
      await gate.reached;
      const closed = application.close();
      const report = drain.start('close');
      await clock.advanceAsync(7_000);
      expect(await report).toMatchObject({ outcome: 'timeout', unfinished: { messages: 1 } });
      await clock.advanceAsync(1_000);
      await closed;
      expect(log).toEqual(['destroyed']);
      if (name === 'TCP') expect(await answer).toBe('failed');
    },
  );

  (skip ? test.skip : test).each([false, true])(
    'drains as part of a hybrid application, inheritAppConfig %s',
    async (inheritAppConfig) => {
      const options = await optionsOf();
      const { module, drain } = await drainedModule(parts);
      const application = module.createNestApplication({ logger: false });
      application.connectMicroservice(options, { inheritAppConfig });
      await application.startAllMicroservices();
      await application.listen(0, '127.0.0.1');
      const client = clientOf(options);
      const answer = ask(client, 'order');
      await gate.reached;
      const draining = nextEvent(drain, 'started');
      const closed = application.close();
      await draining;
      gate.open('done');
      expect(await answer).toBe('done');
      await closed;
      expect(log).toEqual(['answered', 'destroyed']);
    },
  );
});

/** The drain closes: work goes on, and what the transport can refuse is refused. */
async function untilDraining(drain: Drain): Promise<void> {
  const changed = nextEvent(drain, 'phaseChanged');
  void drain.start('test');
  await changed;
}

describe('the connections of a TCP microservice', () => {
  async function start() {
    const port = await freePort();
    const { module, drain } = await drainedModule(parts);
    const application = module.createNestMicroservice({ ...tcp(port), logger: false });
    await application.listen();
    cleanups.push(() => application.close());
    return { port, drain };
  }

  test('are ended when they are idle, as soon as the drain has closed', async () => {
    const { port, drain } = await start();
    const socket = connect(port, '127.0.0.1');
    cleanups.push(() => socket.destroy());
    await once(socket, 'connect');
    const ended = once(socket.resume(), 'end');
    await ask(clientOf(tcp(port)), 'quick'); // The server has accepted both by now.
    await untilDraining(drain);
    await ended;
  });

  test('are ended with the reply when they are not', async () => {
    const { port, drain } = await start();
    const client = clientOf(tcp(port));
    const answer = ask(client, 'order');
    await gate.reached;
    await untilDraining(drain);
    gate.open('done');
    expect(await answer).toBe('done');
  });

  test('are accepted until the end, because they may have been on their way', async () => {
    const { port, drain } = await start();
    const first = ask(clientOf(tcp(port)), 'order');
    await gate.reached;
    await untilDraining(drain);
    expect(await ask(clientOf(tcp(port)), 'quick')).toBe('at once');
    gate.open('done');
    await first;
  });
});

(missingRedis ? test.skip : test)(
  'a Redis microservice takes no message any more once the drain has closed, and cannot be reset',
  async () => {
    const options = await transports.Redis();
    const { module, drain } = await drainedModule(parts);
    const application = module.createNestMicroservice({ ...options, logger: false });
    await application.listen();
    cleanups.push(() => application.close());
    const client = clientOf(options);
    const answer = ask(client, 'order');
    await gate.reached;
    void drain.start('test');
    await eventually(async () => expect(await subscribers('order')).toBe(0));
    expect(() => drain.reset()).toThrow('cannot be reset');
    gate.open('done');
    expect(await answer).toBe('done');
  },
);

async function subscribers(channel: string): Promise<number> {
  const { Redis } = await import('ioredis');
  const client = new Redis({ host: '127.0.0.1', port: redis?.port ?? 0 });
  try {
    const [, count] = (await client.pubsub('NUMSUB', channel)) as [string, number];
    return count;
  } finally {
    client.disconnect();
  }
}

describe.each(['SIGTERM', 'SIGINT'] as const)('a process on %s', (signal) => {
  test('answers its TCP messages, closes, and exits with 0', async () => {
    const port = await freePort();
    const fixture = await startFixture('microservice', { PORT: String(port) });
    cleanups.push(() => fixture.stop());
    await fixture.printed('listening');
    const answer = ask(clientOf(tcp(port)), 'slow');
    await fixture.printed('working');
    fixture.process.kill(signal);
    expect(await answer).toBe('done');
    expect(await fixture.exited).toEqual({ code: 0, signal: null });
    expect(fixture.output()).toContain('Drain completed');
  });
});
