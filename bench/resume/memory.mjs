import { eventOf } from './payload.mjs';
import { openLogs } from './rates.mjs';
import { line } from './report.mjs';

/** What the server holds for an event, by the size of its payload, in streams as long as an answer. */
export async function memory({ client, store }, { quick }) {
  const [streams, events] = quick ? [50, 200] : [200, 500];
  console.log(`\nmemory of Redis per event, ${streams} streams of ${events} events`);
  const smallest = eventOf('').length;
  for (const payload of [
    'x'.repeat(40),
    'x'.repeat(100),
    eventOf(' token'),
    eventOf('x'.repeat(200 - smallest)),
  ]) {
    const before = await used(client);
    const logs = await openLogs(store, streams);
    const opened = await used(client);
    await Promise.all(logs.map((log) => fill(store, log, payload, events)));
    const count = streams * events;
    const bytes = ((await used(client)) - opened) / count;
    const note = `${(bytes / payload.length).toFixed(2)} of its payload; each stream ${Math.round((opened - before) / streams)} besides`;
    line(`events of ${payload.length} bytes`, bytes, 'bytes', note);
  }
}

async function fill(store, log, payload, count) {
  for (let index = 0; index < count; index += 1) {
    await store.append(log.id, log.epoch, index, [payload]);
  }
}

async function used(client) {
  const info = await client.sendCommand(['INFO', 'memory']);
  return Number(/^used_memory:(.*)/m.exec(info)[1]);
}
