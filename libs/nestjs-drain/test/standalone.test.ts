import { Controller, Get, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ShutdownService, type AfterDrain, type BeforeDrain } from '../src/index.js';
import { DrainMicroserviceModule } from '../src/microservice/index.js';
import { nextEvent } from './support/application.js';
import { drainedModule } from './support/drained-module.js';
import { freePort } from './support/free-port.js';
import { Gate } from './support/gate.js';
import { eventually } from '../../../testing/eventually.js';

let gate: Gate<string>;
let log: string[];
beforeEach(() => {
  gate = new Gate();
  log = [];
});
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

@Injectable()
class Hooks implements BeforeDrain, AfterDrain, OnModuleDestroy {
  beforeDrain(): void {
    log.push('beforeDrain');
  }

  afterDrain(): void {
    log.push('afterDrain');
  }

  onModuleDestroy(): void {
    log.push('destroyed');
  }
}

@Controller()
class Answers {
  @MessagePattern('ask')
  @Get('ask')
  async ask(): Promise<string> {
    const answer = await gate.pass();
    log.push('answered');
    return answer;
  }
}

const order = ['beforeDrain', 'answered', 'afterDrain', 'destroyed'];
const tcp = (port: number) => ({
  transport: Transport.TCP as const,
  options: { host: '127.0.0.1', port },
});

function ask(port: number): Promise<string> {
  const client = ClientProxyFactory.create(tcp(port));
  cleanups.push(() => client.close());
  return firstValueFrom(client.send<string>('ask', {}));
}

test('createApplicationContext: close() drains before any module is destroyed', async () => {
  const { module, drain } = await drainedModule({ providers: [Hooks] });
  await module.init();
  const work = module
    .get(ShutdownService)
    .track(() => gate.pass())
    .then(() => log.push('answered'));
  const started = nextEvent(drain, 'started');
  const closed = module.close();
  await started;
  gate.open('');
  await Promise.all([work, closed]);
  expect(log).toEqual(order);
});

test('createMicroservice: close() drains before the server and any module', async () => {
  const port = await freePort();
  const parts = {
    imports: [DrainMicroserviceModule],
    controllers: [Answers],
    providers: [Hooks],
  };
  const { module, drain } = await drainedModule(parts);
  const application = module.createNestMicroservice({ ...tcp(port), logger: false });
  await application.listen();
  const answer = ask(port);
  await gate.reached;
  const started = nextEvent(drain, 'started');
  const closed = application.close();
  await started;
  gate.open('done');
  expect(await answer).toBe('done');
  await closed;
  expect(log).toEqual(order);
});

describe.each([false, true])('a hybrid application, inheritAppConfig %s', (inheritAppConfig) => {
  test('drains HTTP and two microservices together, and reports once', async () => {
    const ports = [await freePort(), await freePort()];
    const parts = {
      imports: [DrainMicroserviceModule],
      controllers: [Answers],
      providers: [Hooks],
    };
    const { module, drain } = await drainedModule(parts);
    const reports: string[] = [];
    drain.events.subscribe(({ type }) => type === 'ended' && reports.push(type));
    const application = module.createNestApplication({ logger: false });
    for (const port of ports) application.connectMicroservice(tcp(port), { inheritAppConfig });
    await application.startAllMicroservices();
    await application.listen(0, '127.0.0.1');
    const url = await application.getUrl();
    const answers = [...ports.map(ask), fetch(`${url}/ask`).then((response) => response.text())];
    await eventually(() => expect(drain.messages.size + drain.requests.size).toBe(3));
    await gate.reached;
    const started = nextEvent(drain, 'started');
    const closed = application.close();
    await started;
    gate.open('done');
    expect(await Promise.all(answers)).toEqual(['done', 'done', 'done']);
    await closed;
    expect(log).toEqual([order[0], 'answered', 'answered', 'answered', ...order.slice(2)]);
    expect(reports).toEqual(['ended']);
  });
});
