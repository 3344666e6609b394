// What logging costs: `npm run build && node bench/resume-store.mjs`. Needs redis-server.
//   --quick   fewer turns and shorter ones
//   --only    some of: rates, latency, memory, replica
// Every number is measured beside its yardstick, in the same run, on the same server.
import { parseArgs } from 'node:util';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { StreamProducers } from 'nestjs-drain-resume';
import { latency } from './resume/latency.mjs';
import { memory } from './resume/memory.mjs';
import { rates } from './resume/rates.mjs';
import { replica } from './resume/replica.mjs';
import { exitWhenBrokenOff } from './support/broken-off.mjs';
import { connect, withRedis } from './support/redis.mjs';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});

const limits = {
  maxStreamBytes: 1e9,
  maxStreamsPerPrincipal: 1e6,
  maxBytesPerPrincipal: 1e12,
};

const parts = {
  async rates(setting) {
    for (const streamCount of [64, 1000]) await rates(setting, streamCount, values);
  },
  latency: ({ url }) => latency(url, values),
  memory: (setting) => memory(setting, values),
  replica: ({ client, url }) => replica(client, url, values),
};

exitWhenBrokenOff();
for (const name of values.only?.split(',') ?? Object.keys(parts)) {
  await withRedis(async (url) => {
    const client = await connect(url);
    const store = new RedisResumeStore({ connection: fromNodeRedis(client), ...limits });
    const producers = new StreamProducers({ store, lease: 60 });
    await parts[name]({ url, client, store, producers });
    // Or their leases would keep the process.
    await producers.handOff();
    client.destroy();
  });
}
