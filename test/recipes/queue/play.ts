import { expect } from '@jest/globals';
import { Queue } from 'bullmq';
import {
  missingRedis,
  RedisServer,
} from '../../../libs/nestjs-drain-resume/test/support/redis-server.js';
import type { Recipe } from '../support/recipe.js';

const letters = 30;

export const queue: Recipe = {
  name: 'queue',
  plays: [
    {
      underWay: 'two BullMQ jobs, and more in the queue',
      skipped: missingRedis,
      async prepare(cleanups) {
        const redis = await RedisServer.start();
        cleanups.push(() => redis.stop());
        return { REDIS_PORT: `${redis.port}` };
      },
      async run(app, { REDIS_PORT }, cleanups) {
        const connection = { host: '127.0.0.1', port: Number(REDIS_PORT) };
        const queue = new Queue('letters', { connection });
        cleanups.push(() => queue.close());
        await queue.addBulk(Array.from({ length: letters }, () => ({ name: 'letter', data: {} })));
        await app.printed('letter 2 begins');
        app.terminate();
        await app.exited;
        const { active, failed, completed, waiting } = await queue.getJobCounts();
        const times = (what: string): number => app.output().split(what).length - 1;
        expect({ active, failed }).toEqual({ active: 0, failed: 0 });
        expect([times('begins'), times('is sent')]).toEqual([completed, completed]);
        expect(waiting).toBe(letters - completed!);
        expect(app.output().lastIndexOf('is sent')).toBeLessThan(app.output().indexOf('destroyed'));
        return waiting! > 0
          ? 'every job that began is completed, once; the others wait for other replicas'
          : 'SIGTERM came too late';
      },
    },
  ],
};
