import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Fleet } from './fleet.js';
import { hasRedisServer, startStore } from './store.js';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '8001' }, kill: { type: 'boolean', default: false } },
});
const signal = values.kill ? 'SIGKILL' : 'SIGTERM';
const say = (text: string) => console.log(`${new Date().toTimeString().slice(0, 8)}  ${text}`);

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interrupted.abort());
}
const interruption = new Promise<never>((_, reject) => {
  interrupted.signal.onabort = () => reject(interrupted.signal.reason as Error);
});
interruption.catch(() => undefined);

const store = hasRedisServer ? await startStore() : undefined;
if (!store) {
  console.log(
    'redis-server is missing: an answer stays on its pod, which waits for its end. Install the ' +
      'Debian package redis-server to see answers move from pod to pod in the middle of a sentence.',
  );
}
try {
  await demonstrate();
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
} finally {
  await store?.stop();
}

async function demonstrate(): Promise<void> {
  const fleet = await Fleet.start({
    entry: resolve('dist/main.js'),
    size: 3,
    port: Number(values.port),
    env: {
      ECHO_TOKENS_PER_SECOND: '8',
      GRACEFUL_SHUTDOWN_PROPAGATION_DELAY: '1.5',
      // With a store the next replica goes on; without one the answer has to end here.
      GRACEFUL_SHUTDOWN_TIMEOUT: store ? '3' : '120',
      GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT: '1',
      ...(store && { STORE_URL: store.url, RESUME_LEASE: '2' }),
    },
  });
  try {
    console.log(`\nThree replicas answer at  ${fleet.url}/#demo\nCtrl-C ends them.\n`);
    for (;;) await restartOldest(fleet);
  } finally {
    await fleet.stop();
  }
}

async function restartOldest(fleet: Fleet): Promise<void> {
  await sleep(1000, undefined, { signal: interrupted.signal });
  const [next] = await fleet.launch(1);
  const old = fleet.oldest;
  interrupted.signal.throwIfAborted();
  say(`${next!.name} is ready, ${old.name} gets ${signal}`);
  await Promise.race([fleet.replaceOldest(signal, next!), interruption]);
  const report = old.lines.findLast((line) => line.includes('Drain '));
  say(`${old.name} is gone. ${report?.replace(/^.*\] | \{.*$/g, '') ?? ''}`);
}
