import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Client } from './clients/client.js';
import { durableStreamsClient } from './clients/durable-streams.js';
import { nestjsDrainClient } from './clients/nestjs-drain.js';
import { tanstackClient } from './clients/tanstack-ai.js';
import { textClient } from './clients/text.js';
import { type StoreKind } from './parts/store.js';

/** One way to make streams resumable, used as its README says. */
export interface System {
  /** As `--only` has it, and the name of its file under replicas/. */
  readonly program: string;
  readonly title: string;
  readonly store: StoreKind;
  readonly client: Client;
  /** The packages whose versions are named. */
  readonly packages: readonly string[];
}

export const systems: readonly System[] = [
  {
    program: 'nestjs-drain',
    title: 'nestjs-drain, in Nest',
    store: 'redis',
    client: nestjsDrainClient,
    packages: ['nestjs-drain', 'nestjs-drain-client'],
  },
  {
    program: 'nestjs-drain-resume',
    title: 'nestjs-drain-resume, `KeyedStreams`',
    store: 'redis',
    client: textClient(({ words }) => ({ query: `after=${words - 1}`, replays: false })),
    packages: ['nestjs-drain-resume'],
  },
  {
    program: 'resumable-stream',
    title: 'resumable-stream',
    store: 'redis',
    client: textClient(({ characters }) => ({ query: `resumeAt=${characters}`, replays: false })),
    packages: ['resumable-stream', 'redis'],
  },
  {
    program: 'assistant-stream',
    title: 'assistant-stream',
    store: 'redis',
    client: textClient(() => ({ query: '', replays: true })),
    packages: ['assistant-stream', 'ioredis'],
  },
  {
    program: 'durable-streams',
    title: 'Durable Streams, reference server',
    store: 'durable-streams',
    client: durableStreamsClient,
    packages: ['@durable-streams/server', '@durable-streams/client'],
  },
  {
    program: 'tanstack-ai',
    title: 'TanStack AI, `memoryStream`',
    store: 'none',
    client: tanstackClient,
    packages: ['@tanstack/ai', '@tanstack/ai-client'],
  },
];

/** `name version`, read from the packages as installed. */
export function versionsOf({ packages }: System): string[] {
  return packages.map((name) => `${name} ${versionOf(name)}`);
}

/** Not every package exports its package.json. */
function versionOf(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      const text = readFileSync(`${folder}/${name}/package.json`, 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      continue;
    }
  }
  throw new Error(`${name} is not installed; run npm ci`);
}
