import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadKinds, type LoadKind, type LoadPlan } from '../load/load-plan.js';
import { defaultRecognition, recognitionOf, type RecognitionPlan } from '../load/recognition.js';
import { platforms, type Platform, type PlatformName } from '../platform/platforms.js';
import { profiles, type ProfileName } from '../platform/profiles.js';
import { type RehearsalPlan } from '../rehearsal-plan.js';
import { UsageError } from '../usage-error.js';
import { parseDuration } from '../duration.js';
import { headersOf } from './headers.js';
import { podPlan, type PodOptions } from './pod-options.js';
import { stackOf } from './stack.js';
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
  /** Whose order of events is played; default `kubernetes`. */
  readonly platform?: PlatformName;
  /** What was measured in a cluster, as the default of `propagation`; default `rolling-update`. Kubernetes only. */
  readonly profile?: ProfileName;
  /** Default: the profile's, or the platform's; 0.9s in Kubernetes. */
  readonly propagation?: string;
  /** From the end of new traffic to the signal, on platforms where traffic ends first; default: the platform's. */
  readonly lead?: string;
  readonly kill?: boolean;
  readonly kubeletRestart?: string | true;
  readonly balancer?: 'embedded' | 'haproxy';
  readonly balancerMode?: 'tcp' | 'http';
  readonly retries?: number;
  /** `kind:/path` or `kind:METHOD /path`; default: what `GET /` answers, or `post:/` if there is a body. */
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
  /** So many streams may be lost; default 0. */
  readonly maxLost?: number;
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
  const platform = platformOf(options);
  const pod = podPlan(command, options, workload, platform);
  const streamLength = options.streamLength ? parseDuration(options.streamLength) : 0;
  const restart = options.kubeletRestart === true ? '500ms' : options.kubeletRestart;
  return {
    pod,
    platform,
    stack: await stackOf(command, pod.directory),
    replicas: options.replicas ?? workload?.replicas ?? platform.replicas,
    propagation: propagationOf(options, platform),
    crash: options.kill ?? false,
    ...(restart === undefined ? {} : { kubeletRestart: parseDuration(restart) }),
    balancer: balancerOf(options),
    ...(await loadsOf(options, platform)),
    recognition: await recognitionPlanOf(options),
    warmup: parseDuration(options.warmup ?? '1s'),
    settle: options.settle ? parseDuration(options.settle) : Math.max(15_000, streamLength + 2000),
    streamLength,
    maxStreams: options.maxStreams ?? 10_000,
    maxLost: options.maxLost ?? 0,
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

function platformOf({ platform: name = 'kubernetes', lead }: RehearsalOptions): Platform {
  const platform = platforms[name];
  if (lead === undefined) return platform;
  if (platform.traffic === 'first') return { ...platform, lead: parseDuration(lead) };
  throw new UsageError(
    `--lead "${lead}": ${platform.title} does not end new traffic before the signal: leave it out`,
  );
}

function propagationOf(options: RehearsalOptions, platform: Platform): number {
  if (options.profile !== undefined && platform.name !== 'kubernetes') {
    throw new UsageError(`--profile is measured in Kubernetes: leave it out for ${platform.title}`);
  }
  if (options.propagation !== undefined) return parseDuration(options.propagation);
  return options.profile ? profiles[options.profile].propagation : platform.propagation;
}

async function loadsOf(options: RehearsalOptions, platform: Platform) {
  const body = options.body === undefined ? undefined : await readBody(options.body);
  const texts = options.load ?? (body === undefined ? [] : ['post:/']);
  const loadDefaults = {
    headers: headersOf(options.header ?? []),
    clients: options.clients ?? 20,
    keepAlive: keepsConnections(options, platform),
    pause: parseDuration(options.pause ?? '50ms'),
    idleTimeout: parseDuration(options.idleTimeout ?? '30s'),
  };
  return { loads: texts.map((text) => loadOf(text, loadDefaults, body)), loadDefaults };
}

/**
 * Behind a balancer that chooses for each request a client's kept connection binds it to no replica. The
 * embedded balancer chooses for each connection, so there each request gets its own.
 */
function keepsConnections({ connections, balancerMode }: RehearsalOptions, platform: Platform) {
  if (connections !== undefined) return connections === 'keep-alive';
  return !platform.perRequest || balancerMode === 'http';
}

type LoadDefaults = Omit<LoadPlan, 'kind' | 'method' | 'path'>;

function loadOf(text: string, defaults: LoadDefaults, body: string | undefined): LoadPlan {
  const match = /^(\w+)(?::(?:([A-Z]+) )?(\/.*))?$/.exec(text);
  const kind = loadKinds.find((known) => known === match?.[1]);
  if (!match || !kind) {
    throw new UsageError(
      `--load "${text}" is not kind:/path or "kind:METHOD /path"; kinds are ${loadKinds.join(', ')}`,
    );
  }
  const sent = bodyFor(kind, match[2], body);
  return {
    ...defaults,
    kind,
    method: match[2] ?? (kind === 'post' ? 'POST' : 'GET'),
    path: match[3] ?? '/',
    ...(sent === undefined ? {} : { body: sent }),
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

/** @throws UsageError when the module of --recognise cannot be used. */
async function recognitionPlanOf(options: RehearsalOptions): Promise<RecognitionPlan> {
  const { completeEvent, completeData, completeText, farewellEvent, farewellText } = options;
  const named = completeEvent ?? completeData ?? completeText;
  const defaults = named === undefined ? defaultRecognition : undefined;
  const plan = {
    completeEvents: completeEvent ?? defaults?.completeEvents ?? [],
    completeData: completeData ?? defaults?.completeData ?? [],
    ...(completeText === undefined ? {} : { completeText }),
    farewellEvents: farewellEvent ?? defaultRecognition.farewellEvents,
    ...(farewellText === undefined ? {} : { farewellText }),
    named: {
      events: named !== undefined,
      text: (completeData ?? completeText) !== undefined,
    },
    ...(options.recognise === undefined ? {} : { module: resolve(options.recognise) }),
  };
  await recognitionOf(plan);
  return plan;
}
