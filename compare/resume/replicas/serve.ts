import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { events } from '../words.js';

/** The routes of a system, as handlers of any framework with web requests: `/answers/<id>`. */
export interface Routes {
  post(request: Request, id: string): Promise<Response>;
  get(request: Request, id: string): Promise<Response>;
  /** What the system's documentation wants done at SIGTERM, before the deadline. */
  leave?(): unknown;
}

const deadline = Number(process.env['DEADLINE'] ?? 1500);

/** Serves a system, and beside it `/bare`: the same words without it. */
export function serve(routes: Routes): void {
  // Web frameworks log such failures and go on.
  process.on('unhandledRejection', (error) => console.error(error));
  const server = createServer((incoming, outgoing) => {
    void answer(routes, incoming)
      .catch((error: unknown) => new Response(String(error), { status: 500 }))
      .then((response) => send(response, outgoing));
  });
  process.once('SIGTERM', () => {
    server.close(() => process.exit());
    setTimeout(() => process.exit(), deadline);
    routes.leave?.();
  });
  server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
    console.log(`Listening on port ${(server.address() as AddressInfo).port}`);
  });
}

async function answer(routes: Routes, incoming: IncomingMessage): Promise<Response> {
  const { method = 'GET', url = '/', headers } = incoming;
  incoming.resume();
  if (url === '/bare') return eventStream(textOf(events()));
  const request = new Request(new URL(url, 'http://127.0.0.1'), {
    method,
    headers: headers as Record<string, string>,
  });
  const id = new URL(request.url).pathname.split('/').at(-1) ?? '';
  return method === 'POST' ? routes.post(request, id) : routes.get(request, id);
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  if (!response.body) return void outgoing.end();
  // A client that leaves cancels the body, and a body that fails breaks the connection, as in every framework.
  await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => undefined);
}

export function textOf(source: AsyncIterable<string>): ReadableStream<string> {
  return ReadableStream.from(source);
}

export function eventStream(body: ReadableStream<string> | ReadableStream<Uint8Array>): Response {
  return new Response(body as ReadableStream<Uint8Array>, {
    headers: { 'Content-Type': 'text/event-stream' },
  });
}
