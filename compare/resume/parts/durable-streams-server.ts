import { subscribe } from 'node:diagnostics_channel';
import { DurableStreamTestServer } from '@durable-streams/server';

/** The reference server of Durable Streams, with its streams in files. It tells its parent how many requests it had. */
const server = new DurableStreamTestServer({
  port: Number(process.env['PORT']),
  host: '127.0.0.1',
  dataDir: process.env['DIRECTORY'] ?? '',
});

let requests = 0;
subscribe('http.server.request.start', () => (requests += 1));
process.on('message', () => process.send?.(requests));

await server.start();
console.log(`Listening on port ${process.env['PORT']}`);
