import { InstructionCounter } from './instructions.mjs';
import { withClients, withServer } from './server.mjs';

/**
 * What one process of the server spends on slices of requests, behind its warm-up.
 * @param load `path`, `connections`, `warmUp` and `count`: requests before the counting, and of each slice; `slices`
 * @param how `seed`, and `caches` of InstructionCounter
 * @returns for each slice what was counted, by callgrind's names
 */
export async function countedSlices(parameters, load, { seed, caches = false }) {
  const counter = await InstructionCounter.create({ caches });
  const measure = (server, port) =>
    withClients((client) => count(counter, server, client, { port, ...load }));
  try {
    return await withServer(parameters, measure, counter.command(seed));
  } finally {
    await counter.remove();
  }
}

async function count(counter, server, client, { port, path, connections, warmUp, count, slices }) {
  await client.ask('connect', { port, path, connections });
  const request = (number) => client.ask('request', { port, count: number });
  await request(warmUp);
  counter.start(server.id);
  // What is counted is translated anew, and simulated caches are empty.
  await request(count);
  const counted = [];
  for (let slice = 0; slice < slices; slice += 1) {
    counted.push(await counter.count(server.id, () => request(count)));
  }
  return counted;
}
