import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { createEventSource } from 'eventsource-client';
import { resumingFetch } from 'nestjs-drain-client';
import { fetch as undiciFetch } from 'undici';
import { EventReading, toldBy, type Client, type ResponseLike } from './client.js';

const headers = { 'Content-Type': 'application/json', Accept: 'text/event-stream' };
const address = (url: string) => `${url}/v1/responses`;
const bodyOf = (input: string) => JSON.stringify({ model: 'echo', input, stream: true });

interface WholeResponse extends ResponseLike {
  readonly output: readonly { readonly content: readonly { readonly text: string }[] }[];
}

/** Clients that read the events themselves. */
export const wireClients: readonly Client[] = [
  {
    name: 'undici `fetch`',
    async ask(url, input) {
      const init = { method: 'POST', headers, body: bodyOf(input) };
      const answer = await undiciFetch(address(url), init);
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      return EventReading.of(await answer.text());
    },
  },
  {
    name: '`curl --fail`',
    async ask(url, input) {
      return EventReading.of(await curl(['-N', address(url), '--data', bodyOf(input)]));
    },
  },
  {
    name: '`curl --fail --retry 3`, not streamed',
    async ask(url, input) {
      const body = JSON.stringify({ model: 'echo', input });
      const answer = await curl(['--retry', '3', address(url), '--data', body]);
      const response = JSON.parse(answer) as WholeResponse;
      return { text: response.output[0]!.content[0]!.text, told: toldBy(response) };
    },
  },
  {
    name: '`eventsource-client`',
    async ask(url, input) {
      const events = new EventReading();
      const init = { method: 'POST', headers, body: bodyOf(input) };
      const source = createEventSource({ url: address(url), ...init });
      for await (const { data } of source) {
        events.take(data);
        if (events.isOver) break;
      }
      source.close();
      return events.reading;
    },
  },
  {
    name: '`resumingFetch` of nestjs-drain-client',
    async ask(url, input) {
      const events = new EventReading();
      const init = {
        method: 'POST',
        headers: { ...headers, 'Idempotency-Key': randomUUID() },
        body: bodyOf(input),
      };
      for await (const { data } of resumingFetch(address(url), init, { shortestPause: 0.1 })) {
        events.take(data);
        if (events.isOver) break;
      }
      return events.reading;
    },
  },
];

async function curl(parameters: readonly string[]): Promise<string> {
  const common = [
    '--silent',
    '--fail',
    '--max-time',
    '60',
    '--header',
    'Content-Type: application/json',
  ];
  const child = spawn('curl', [...common, ...parameters], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const output = await text(child.stdout);
  const code = await ended;
  if (code !== 0) throw new Error(`curl exits with ${code}`);
  return output;
}
