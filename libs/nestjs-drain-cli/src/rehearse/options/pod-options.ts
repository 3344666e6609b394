import { parseDuration } from '../duration.js';
import { type Platform } from '../platform/platforms.js';
import { type PreStopHook } from '../pods/hook.js';
import { type PodPlan } from '../pods/pod-plan.js';
import { type Probe, type ProbeAction } from '../pods/probe.js';
import { UsageError } from '../usage-error.js';
import { headersOf } from './headers.js';
import { type Workload } from './workload.js';

/** The flags that describe one pod. */
export interface PodOptions {
  /** Default: the manifest's, else the platform's; 30s in Kubernetes. */
  readonly grace?: string;
  /** `get:/path`, `exec:command`, `sleep:5s` or `none`. */
  readonly preStop?: string;
  readonly preStopHeader?: readonly string[];
  readonly hookAddress?: string;
  /** Path of the readiness probe; default: the manifest's, else the port accepts connections. */
  readonly readiness?: string;
  readonly readinessPeriod?: string;
  readonly portEnv?: string;
  /** `NAME=value`; `{port}` and `{port:name}` stand for the replica's own ports. */
  readonly env?: readonly string[];
  readonly startupTimeout?: string;
}

const httpTarget = /^(?:\{port(?::[\w-]+)?\})?\//;

/** @throws UsageError when a flag cannot be used. */
export function podPlan(
  command: readonly string[],
  options: PodOptions,
  workload: Workload | undefined,
  platform: Platform,
): PodPlan {
  if (command.length === 0) {
    throw new UsageError('Give the command of one replica after --, such as: -- node dist/main.js');
  }
  const preStop = preStopOf(options, workload, platform);
  return {
    command,
    directory: process.cwd(),
    environment: { ...workload?.environment, ...environmentOf(options.env ?? []) },
    portVariable: options.portEnv ?? workload?.portVariable ?? 'PORT',
    gracePeriod: graceOf(options, workload, platform),
    ...(preStop && preStop !== 'none' ? { preStop: atAddress(preStop, options.hookAddress) } : {}),
    readiness: readinessOf(options, workload),
    startupTimeout: parseDuration(options.startupTimeout ?? '60s'),
  };
}

function preStopOf(options: PodOptions, workload: Workload | undefined, platform: Platform) {
  if (options.preStop === undefined) return platform.hook ? workload?.preStop : undefined;
  if (platform.hook || options.preStop === 'none') return hookOf(options.preStop, options);
  throw new UsageError(`${platform.title} runs no preStop hook: leave --pre-stop out`);
}

/** The manifest's grace is Kubernetes' own; other platforms have theirs. */
function graceOf(options: PodOptions, workload: Workload | undefined, platform: Platform): number {
  const { title, grace, graceSetting, longestGrace = Infinity } = platform;
  const own = platform.hook ? workload?.gracePeriod : undefined;
  const chosen = options.grace ? parseDuration(options.grace) : (own ?? grace);
  if (chosen > longestGrace) {
    throw new UsageError(
      `--grace ${options.grace}: ${title} gives ${longestGrace / 1000} s at most (${graceSetting})`,
    );
  }
  return chosen;
}

function hookOf(text: string, { preStopHeader }: PodOptions): PreStopHook | 'none' {
  const [type = '', ...rest] = text.split(':');
  const value = rest.join(':');
  if (text === 'none') return 'none';
  if (type === 'sleep') return { type, duration: parseDuration(value) };
  if (type === 'exec' && value !== '') return { type, command: ['sh', '-c', value] };
  if (type === 'get' && httpTarget.test(value)) {
    return { ...target(value), headers: headersOf(preStopHeader ?? []), address: '127.0.0.1' };
  }
  throw new UsageError(
    `--pre-stop "${text}" is none of get:/path, get:{port:name}/path, exec:command, sleep:5s, none`,
  );
}

function atAddress(hook: PreStopHook, address: string | undefined): PreStopHook {
  return hook.type === 'http' && address !== undefined ? { ...hook, address } : hook;
}

function readinessOf(options: PodOptions, workload: Workload | undefined): Probe {
  const { readiness, readinessPeriod } = options;
  const base = workload?.readiness ?? {
    action: { type: 'tcp', port: '{port}' } as const,
    period: 1000,
    timeout: 1000,
    failureThreshold: 3,
  };
  if (readiness !== undefined && !httpTarget.test(readiness)) {
    throw new UsageError(`--readiness "${readiness}" is not a path such as /health/readiness`);
  }
  const action: ProbeAction =
    readiness === undefined ? base.action : { ...target(readiness), headers: {} };
  return {
    ...base,
    action,
    ...(readinessPeriod ? { period: parseDuration(readinessPeriod) } : {}),
  };
}

/** `/path` or `{port:name}/path`. */
function target(text: string) {
  const slash = text.indexOf('/');
  const port = slash === 0 ? '{port}' : text.slice(0, slash);
  return { type: 'http', scheme: 'http', port, path: text.slice(slash) } as const;
}

function environmentOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new UsageError(`--env "${text}" is not NAME=value`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
