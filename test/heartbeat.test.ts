import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hasRedisServer, startStore, type Store } from '../demo/store.js';
import { clientOf, clients } from './support/clients.js';
import { hasHaproxy, startHaproxy, type Balancer } from './support/haproxy.js';
import { startService, type RunningService } from './support/service.js';

const missing = ((): boolean => {
  if (hasHaproxy && hasRedisServer) return false;
  const reason = 'heartbeats through a proxy need the Debian packages haproxy and redis-server';
  if (process.env.CI === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return true;
})();

/** The proxies cut what is silent for 2 s; the model is silent for 3 s before each word. */
const slow = { ECHO_TOKENS_PER_SECOND: '0.34' };
const request = { model: 'echo', input: 'one two', stream: true } as const;

/** The types of the events up to the end. */
async function types(events: AsyncIterator<{ type: string }>): Promise<string[]> {
  const result = await events.next();
  return result.done === true ? [] : [result.value.type, ...(await types(events))];
}

(missing ? describe.skip : describe)('behind a proxy that cuts what is silent', () => {
  let store: Store;
  const services: RunningService[] = [];
  const balancers: Balancer[] = [];

  /** @returns the proxy in front of a service. */
  const start = async (env: Record<string, string>): Promise<Balancer> => {
    const [service, balancer] = await Promise.all([
      startService({ env: { ...slow, ...env } }),
      startHaproxy({ idle: '2s' }),
    ]);
    services.push(service);
    balancers.push(balancer);
    await balancer.add(service.port);
    return balancer;
  };

  beforeAll(async () => {
    store = await startStore();
  });
  afterAll(async () => {
    await Promise.all([...services, ...balancers].map((one) => one.stop()));
    await store?.stop();
  });

  it('a silent answer lives by its heartbeats, on each replica and for each client, and is cut without', async () => {
    const env = { STORE_URL: store.url, STREAM_HEARTBEAT: '1' };
    const [one, other, without] = await Promise.all([
      start(env),
      start({ ...env, HTTP_ADAPTER: 'fastify' }),
      start({ STREAM_HEARTBEAT: '0' }),
    ]);
    const cut = clientOf(without, clients[0][1])
      .responses.create(request)
      .then(async (events) => types(events[Symbol.asyncIterator]()));
    const [begun, next] = await Promise.all(
      clients.map(([, Client]) => clientOf(one, Client).responses.create(request)),
    );
    const first = begun![Symbol.asyncIterator]();
    const created = await first.next();
    const { id } = (created.value as { response: { id: string } }).response;
    const elsewhere = fetch(`${other.url}/v1/responses/${id}?stream=true`, {
      headers: { Authorization: 'Bearer unused' },
    }).then((it) => it.text());
    const [here, official, text] = await Promise.all([
      types(first),
      types(next![Symbol.asyncIterator]()),
      elsewhere,
      expect(cut).rejects.toThrow(/terminated/),
    ]);
    expect(here.at(-1)).toBe('response.completed');
    expect(official).toEqual(['response.created', ...here]);
    expect(text.split(/^:\n\n/m).length).toBeGreaterThan(2);
    // The log holds the events and nothing else.
    const ids = [...text.matchAll(/^id: \S+:(\d+)$/gm)].map(([, number]) => Number(number));
    expect(ids).toEqual(official.map((_, index) => index));
  });
});
