import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from '@jest/globals';
import { throughSigterm } from '../support/events.js';
import type { Cleanups, Env, Recipe } from '../support/recipe.js';

/** A collector that keeps what it is sent, as JSON, by its path. */
const received: { path: string; body: string }[] = [];

async function startCollector(cleanups: Cleanups): Promise<Env> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ path: request.url ?? '', body });
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  cleanups.push(() => server.closeAllConnections());
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_NODE_RESOURCE_DETECTORS: 'none',
  };
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The parts of an export that are read here: a span, or the data points of a metric. */
interface Exported {
  readonly name?: string;
  readonly attributes?: readonly Attribute[];
}

/** Every object with a name and attributes that was exported to this path, however deep it is. */
function exportedTo(path: string): Exported[] {
  const found: Exported[] = [];
  const bodies = received.filter((one) => one.path === path).map(({ body }) => body);
  for (const body of bodies)
    JSON.parse(body, (_, value: Exported | null) => (value?.name && found.push(value), value));
  return found;
}

export const opentelemetry: Recipe = {
  name: 'opentelemetry',
  plays: [
    {
      underWay: 'a finite `@Sse()` answer, with NodeSDK',
      prepare: startCollector,
      async run(app) {
        const seen = await throughSigterm(app, '/answer/20', { total: 20 });
        await app.exited;
        expect(app.output()).not.toContain('Another listener');
        const span = exportedTo('/v1/traces').find(({ name }) => name === 'drain');
        const completed = span?.attributes?.find(({ key }) => key.endsWith('streams.completed'));
        const ended = exportedTo('/v1/metrics').some(
          ({ name }) => name === 'nestjs_drain.streams.ended',
        );
        return [
          seen,
          `the collector has the span \`${span?.name}\` with ${JSON.stringify(completed?.value['intValue'])} completed`,
          ended ? 'and the last metrics' : 'and no metrics',
        ].join('; ');
      },
    },
  ],
};
