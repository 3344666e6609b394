/**
 * What metrics cost: the same application with `nestjs-drain/metrics`, scraped once per round, and
 * without, on a plain route and on a drainable SSE route, in one run. A second one without shows
 * what the machine's noise alone makes of the same comparison. Two ratios: requests per second, and
 * requests per second of the server's own CPU time, which suffers less from a busy machine.
 *
 *     npm run build && node bench/metrics.mjs
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

const rounds = 7;
const requests = 4000;
const connections = 20;
const routes = ['/plain', '/stream'];

if (process.argv[2] === 'serve') await serve(process.argv[3] === 'on');
else await measure();

async function serve(withMetrics) {
  await import('reflect-metadata');
  const { Controller, Get, Module, Sse } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { from } = await import('rxjs');
  const { DrainableStream, GracefulShutdownModule } = await import('nestjs-drain');
  const { DrainMetricsModule } = await import('nestjs-drain/metrics');
  class BenchController {
    plain() {
      return { answer: 42 };
    }
    stream() {
      return from(['one', 'two', 'three'].map((data) => ({ data })));
    }
  }
  const decorate = (name, ...decorators) => {
    const { prototype } = BenchController;
    const handler = Object.getOwnPropertyDescriptor(prototype, name);
    for (const decorator of decorators.reverse()) decorator(prototype, name, handler);
    Object.defineProperty(prototype, name, handler);
  };
  decorate('plain', Get('plain'));
  decorate('stream', Sse('stream'), DrainableStream());
  Controller()(BenchController);
  class BenchModule {}
  Module({
    imports: [
      GracefulShutdownModule.forRoot(),
      ...(withMetrics ? [DrainMetricsModule.forRoot()] : []),
    ],
    controllers: [BenchController],
  })(BenchModule);
  const application = await NestFactory.create(BenchModule, { logger: false });
  await application.listen(0, '127.0.0.1');
  process.on('message', () => process.send(process.cpuUsage()));
  process.send(await application.getUrl());
}

async function measure() {
  const servers = {
    off: await launch('off'),
    on: await launch('on'),
    twin: await launch('off'),
  };
  for (const server of Object.values(servers)) {
    for (const route of routes) await load(server, route);
  }
  for (const route of routes) {
    const ratios = { on: { wall: [], cpu: [] }, twin: { wall: [], cpu: [] } };
    for (let round = 0; round < rounds; round += 1) {
      const rate = {};
      const names = Object.keys(servers);
      for (const name of round % 2 === 0 ? names : names.reverse()) {
        rate[name] = await load(servers[name], route, name === 'on');
      }
      for (const name of ['on', 'twin']) {
        for (const kind of ['wall', 'cpu'])
          ratios[name][kind].push(rate[name][kind] / rate.off[kind]);
      }
    }
    console.log(`${route}, ${rounds} rounds of ${requests} requests`);
    for (const [title, { wall, cpu }] of [
      ['with metrics / without', ratios.on],
      ['without / without     ', ratios.twin],
    ]) {
      console.log(
        `  ${title}  requests per second ${summary(wall)}, per CPU second ${summary(cpu)}`,
      );
    }
  }
  for (const { child } of Object.values(servers)) child.kill('SIGKILL');
}

/** Requests per second, of the wall's clock and of the server's CPU time. */
async function load({ url, cpuSeconds }, route, scrapes = false) {
  const [before, start] = [await cpuSeconds(), performance.now()];
  const result = await autocannon({ url: `${url}${route}`, connections, amount: requests });
  if (scrapes) await (await fetch(`${url}/metrics`)).text();
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${route} failed under load`);
  const seconds = (performance.now() - start) / 1000;
  return { wall: requests / seconds, cpu: requests / ((await cpuSeconds()) - before) };
}

function summary(ratios) {
  const sorted = ratios.sort((a, b) => a - b).map((ratio) => ratio.toFixed(3));
  return `${sorted[rounds >> 1]} (${sorted[0]} to ${sorted[rounds - 1]})`;
}

async function launch(mode) {
  const child = fork(fileURLToPath(import.meta.url), ['serve', mode]);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`The server exited with ${code} before it listened: npm run build`);
  });
  const [url] = await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => undefined);
  const cpuSeconds = async () => {
    child.send('cpu');
    const [{ user, system }] = await once(child, 'message');
    return (user + system) / 1e6;
  };
  return { child, url, cpuSeconds };
}
