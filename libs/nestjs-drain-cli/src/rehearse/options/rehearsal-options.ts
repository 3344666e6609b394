import { readFile } from 'node:fs/promises';
import { loadKinds, type LoadKind, type LoadPlan } from '../load/load-plan.js';
import {
  defaultRecognition,
  recognise,
  recogniseByModule,
  type Recognition,
} from '../load/recognition.js';
import { type RehearsalPlan } from '../rehearsal-plan.js';
import { UsageError } from '../usage-error.js';
import { parseDuration } from '../duration.js';
import { headersOf } from './headers.js';
import { podPlan, type PodOptions } from './pod-options.js';
import { readWorkload } from './workload.js';

/**
 * The flags of `rehearse`, by their long names. Durations are texts such as `500ms`, `1.5s` or `2m`.
 * Everything has a default but the command.
 */
export interface RehearsalOptions extends PodOptions {
  readonly manifest?: readonly string[];
  readonly workload?: string;
  readonly container?: string;
  /** Default: the manifest's, else 2. */
  readonly replicas?: number;
  /** Default 1s. */
  readonly propagation?: string;
  readonly kill?: boolean;
  readonly kubeletRestart?: string | true;
  readonly balancer?: 'embedded' | 'haproxy';
  readonly balancerMode?: 'tcp' | 'http';
  readonly retries?: number;
  /** `kind:/path` or `kind:METHOD /path`; default `sse:/`. */
  readonly load?: readonly string[];
  /** Clients of each load; default 20. */
  readonly clients?: number;
  readonly connections?: 'keep-alive' | 'fresh';
  readonly body?: string;
  readonly header?: readonly string[];
  readonly pause?: string;
  readonly streamLength?: string;
  readonly idleTimeout?: string;
  readonly maxStreams?: number;
  readonly warmup?: string;
  readonly settle?: string;
  readonly timeLimit?: string;
  readonly completeEvent?: readonly string[];
  readonly completeData?: readonly string[];
  readonly completeText?: string;
  readonly farewellEvent?: readonly string[];
  readonly farewellText?: string;
  readonly recognise?: string;
}

/**
 * The plan that the command and the flags describe; flags win over the manifest.
 * @throws UsageError when a flag, a file or the manifest cannot be used.
 */
export async function planOf(
  command: readonly string[],
  options: RehearsalOptions = {},
): Promise<RehearsalPlan> {
  const workload = options.manifest ? await readWorkload(options.manifest, options) : undefined;
  const streamLength = options.streamLength ? parseDuration(options.streamLength) : 0;
  const restart = options.kubeletRestart === true ? '500ms' : options.kubeletRestart;
  return {
    pod: podPlan(command, options, workload),
    replicas: options.replicas ?? workload?.replicas ?? 2,
    propagation: parseDuration(options.propagation ?? '1s'),
    crash: options.kill ?? false,
    ...(restart === undefined ? {} : { kubeletRestart: parseDuration(restart) }),
    balancer: balancerOf(options),
    loads: await loadsOf(options),
    recognition: await recognitionOf(options),
    warmup: parseDuration(options.warmup ?? '1s'),
    settle: options.settle ? parseDuration(options.settle) : Math.max(10_000, streamLength + 2000),
    streamLength,
    maxStreams: options.maxStreams ?? 10_000,
    timeLimit: parseDuration(options.timeLimit ?? '10m'),
  };
}

function balancerOf({ balancer, balancerMode, retries }: RehearsalOptions) {
  if (balancer === 'haproxy') {
    const mode = balancerMode ?? 'tcp';
    return { mode, retries: retries ?? (mode === 'http' ? 3 : 0) };
  }
  if (balancerMode !== undefined || retries !== undefined) {
    throw new UsageError('--balancer-mode and --retries need --balancer haproxy');
  }
  return 'embedded' as const;
}

async function loadsOf(options: RehearsalOptions): Promise<LoadPlan[]> {
  const body = options.body === undefined ? undefined : await readBody(options.body);
  const texts = options.load ?? [body === undefined ? 'sse:/' : 'post:/'];
  return texts.map((text) => loadOf(text, options, body));
}

function loadOf(text: string, options: RehearsalOptions, body: string | undefined): LoadPlan {
  const match = /^(\w+)(?::(?:([A-Z]+) )?(\/.*))?$/.exec(text);
  const kind = loadKinds.find((known) => known === match?.[1]);
  if (!match || !kind) {
    throw new UsageError(
      `--load "${text}" is not kind:/path or "kind:METHOD /path"; kinds are ${loadKinds.join(', ')}`,
    );
  }
  const sent = bodyFor(kind, match[2], body);
  return {
    kind,
    method: match[2] ?? (kind === 'post' ? 'POST' : 'GET'),
    path: match[3] ?? '/',
    headers: headersOf(options.header ?? []),
    ...(sent === undefined ? {} : { body: sent }),
    clients: options.clients ?? 20,
    keepAlive: options.connections !== 'fresh',
    pause: parseDuration(options.pause ?? '50ms'),
    idleTimeout: parseDuration(options.idleTimeout ?? '30s'),
  };
}

/** GET requests carry no body: `--body` is for the other loads. */
function bodyFor(kind: LoadKind, method: string | undefined, body: string | undefined) {
  if (kind === 'post') return body ?? '{}';
  return kind === 'websocket' || (method !== undefined && method !== 'GET') ? body : undefined;
}

async function readBody(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new UsageError(`Cannot read ${file} given by --body: name a file with the request body`);
  }
}

function recognitionOf(options: RehearsalOptions): Promise<Recognition> | Recognition {
  const { completeEvent, completeData, completeText, farewellEvent, farewellText } = options;
  const named = completeEvent ?? completeData ?? completeText;
  const defaults = named === undefined ? defaultRecognition : undefined;
  const plan = {
    completeEvents: completeEvent ?? defaults?.completeEvents ?? [],
    completeData: completeData ?? defaults?.completeData ?? [],
    ...(completeText === undefined ? {} : { completeText }),
    farewellEvents: farewellEvent ?? defaultRecognition.farewellEvents,
    ...(farewellText === undefined ? {} : { farewellText }),
  };
  return options.recognise ? recogniseByModule(options.recognise, plan) : recognise(plan);
}
