import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Scope, SetMetadata, type Type } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Drain } from '../core/drain.js';
import { resolveDrainOptions } from '../core/options.js';
import { DRAIN } from '../core/tokens.js';
import { DrainableTask } from './drainable-task.decorator.js';

const remedy = /DrainQueueModule\.forRoot\(\) from 'nestjs-drain\/queue'/;

async function start(provider: Type) {
  const drain = new Drain(resolveDrainOptions(), new ManualClock());
  const providers = [provider, { provide: DRAIN, useValue: drain }];
  const module = await Test.createTestingModule({ providers }).compile();
  return { drain, module };
}

/** A base of workers that does not know yet whether it will be one. */
class Base {
  @DrainableTask()
  process(): Promise<void> {
    return Promise.resolve();
  }
}

describe('law 12: @DrainableTask() refuses queue workers', () => {
  it('at its decoration, the process() of a WorkerHost, request-scoped ones too', () => {
    expect(() => {
      abstract class Host extends WorkerHost {}
      @Processor({ name: 'letters', scope: Scope.REQUEST })
      class Letters extends Host {
        @DrainableTask()
        process(): Promise<void> {
          return Promise.resolve();
        }
      }
      return Letters;
    }).toThrow(remedy);
  });

  it('at start, a process() that a @Processor() class inherits', async () => {
    @Processor('letters')
    class Letters extends Base {}
    await expect(start(Letters)).rejects.toThrow(/^Letters\.process\(\) belongs to a queue worker/);
    await expect(start(Letters)).rejects.toThrow(remedy);
  });

  it('at start, a class that inherits @Processor()', async () => {
    @Processor('letters')
    class Letters extends Base {}
    class Parcels extends Letters {}
    await expect(start(Parcels)).rejects.toThrow('Parcels.process()');
  });

  it('at start, what a job calls, and what follows a job, in the same class', async () => {
    @Processor('letters')
    class Letters extends WorkerHost {
      process(): Promise<void> {
        return this.stamp();
      }

      @DrainableTask()
      stamp(): Promise<void> {
        return Promise.resolve();
      }
    }
    await expect(start(Letters)).rejects.toThrow('Letters.stamp()');

    @Processor('parcels')
    class Parcels extends WorkerHost {
      process(): Promise<void> {
        return Promise.resolve();
      }

      @OnWorkerEvent('completed')
      @DrainableTask()
      count(): Promise<void> {
        return Promise.resolve();
      }
    }
    await expect(start(Parcels)).rejects.toThrow('Parcels.count()');
  });

  it('at start, a worker of @nestjs/bull, whose remedy is another', async () => {
    @SetMetadata('bull:module_queue', { name: 'letters' })
    class Letters {
      @SetMetadata('bull:module_queue_process', { name: 'letter' })
      @DrainableTask()
      send(): Promise<void> {
        return Promise.resolve();
      }
    }
    await expect(start(Letters)).rejects.toThrow(/Letters\.send\(\).*queue\.pause\(true\)/);
  });
});

describe('@DrainableTask() takes', () => {
  it('a scheduled method of a worker, in either order of the decorators', async () => {
    @Processor('letters')
    class Letters extends WorkerHost {
      process(): Promise<void> {
        return Promise.resolve();
      }

      @Cron('0 0 1 1 *')
      @DrainableTask()
      sweep(): Promise<void> {
        return new Promise(() => undefined);
      }

      @DrainableTask()
      @Cron('0 0 1 1 *')
      clean(): Promise<void> {
        return new Promise(() => undefined);
      }
    }
    const { drain, module } = await start(Letters);
    void module.get(Letters).sweep();
    void module.get(Letters).clean();
    expect(drain.tasks.size).toBe(2);
  });

  it('a method that is called process() in a class that is no worker', async () => {
    @Injectable()
    class Orders extends Base {
      @DrainableTask()
      override process(): Promise<void> {
        return new Promise(() => undefined);
      }
    }
    const { drain, module } = await start(Orders);
    void module.get(Orders).process();
    expect(drain.tasks.size).toBe(1);
    void drain.start('test');
    // Skipped, as if it had returned at once.
    expect(await module.get(Orders).process()).toBeUndefined();
    expect(drain.tasks.size).toBe(1);
  });
});
