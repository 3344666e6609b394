import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import { type PreStopHook } from '../pods/hook.js';
import { type Probe } from '../pods/probe.js';
import { UsageError } from '../usage-error.js';
import { containerOf, hookFrom, probeFrom, type Container, type Spec } from './container.js';

/** What a manifest says about the pods of one workload. Durations in milliseconds. */
export interface Workload {
  readonly replicas?: number;
  readonly gracePeriod?: number;
  readonly preStop?: PreStopHook;
  readonly readiness?: Probe;
  readonly environment: Readonly<Record<string, string>>;
  readonly portVariable?: string;
}

interface Manifest {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly items?: readonly Manifest[];
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec?: Spec };
  };
}

export interface WorkloadChoice {
  readonly workload?: string;
  readonly container?: string;
}

/**
 * Reads the one workload that these files and folders hold.
 * @throws UsageError when a file cannot be read, is not YAML, or when there is not exactly one
 * workload to choose.
 */
export async function readWorkload(
  paths: readonly string[],
  choice: WorkloadChoice,
): Promise<Workload> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  const manifests = (await Promise.all(files.map(parse))).flat();
  const workloads = manifests.filter(
    ({ kind, spec, metadata }) =>
      ['Deployment', 'StatefulSet', 'ReplicaSet'].includes(kind ?? '') &&
      isWhole(spec?.template?.spec) &&
      (choice.workload === undefined || metadata?.name === choice.workload),
  );
  const [only] = workloads;
  if (!only || workloads.length > 1) {
    const names = workloads.map(({ metadata }) => metadata?.name).join(', ');
    throw new UsageError(
      only
        ? `${paths.join(', ')} holds several workloads (${names}): choose one with --workload`
        : `${paths.join(', ')} holds no Deployment${choice.workload ? ` named ${choice.workload}` : ''}: give its manifest, or flags instead`,
    );
  }
  return workloadOf(only, choice);
}

function workloadOf({ spec }: Manifest, choice: WorkloadChoice): Workload {
  const pod = spec?.template?.spec ?? {};
  const container = containerOf(pod, choice.container);
  const hook = hookFrom(container);
  const readiness = probeFrom(container);
  const { values, portVariable } = environmentOf(container);
  return {
    ...(spec?.replicas === undefined ? {} : { replicas: spec.replicas }),
    gracePeriod: (pod.terminationGracePeriodSeconds ?? 30) * 1000,
    ...(hook ? { preStop: hook } : {}),
    ...(readiness ? { readiness } : {}),
    environment: values,
    ...(portVariable === undefined ? {} : { portVariable }),
  };
}

/** A patch repeats a workload in part: only the whole one names an image. */
function isWhole(pod: Spec | undefined): boolean {
  return pod?.containers?.some(({ image }) => image !== undefined) ?? false;
}

/** Names of variables that hold another quantity, which may be the same number by chance. */
const otherQuantity =
  /(?:^|_)(?:TIMEOUT|DELAY|INTERVAL|PERIOD|TTL|AGE|SIZE|LIMIT|MAX|MIN|COUNT|RATE|LENGTH|BYTES|SECONDS|MS)(?:_|$)/i;
/** `8080`, or an address that ends with it. */
const portOf = /^(.*:)?(\d+)$/;

/** Literal values only; ports and addresses that repeat a container port follow the replica's own port. */
function environmentOf(container: Container) {
  const literal = container.environment.flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  const values = literal.map(([name, value]) => [name, filled(container, name, value)]);
  return {
    values: Object.fromEntries(values) as Record<string, string>,
    portVariable: portVariableOf(literal, container.port),
  };
}

function filled({ placeholders }: Container, name: string, value: string): string {
  const [, address = '', digits] = portOf.exec(value) ?? [];
  const placeholder = otherQuantity.test(name) ? undefined : placeholders.get(Number(digits));
  return placeholder === undefined ? value : `${address}${placeholder}`;
}

/** By its name before its value: `PORT`, then a name that ends in it, then any that may hold a port. */
function portVariableOf(
  literal: readonly (readonly [string, string])[],
  port: number,
): string | undefined {
  if (literal.some(([name]) => name === 'PORT')) return 'PORT';
  const holders = literal.filter(
    ([name, value]) => Number(value) === port && !otherQuantity.test(name),
  );
  return (holders.find(([name]) => /PORT$/i.test(name)) ?? holders[0])?.[0];
}

async function filesOf(path: string): Promise<string[]> {
  if (path === '-') return [path];
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path, { recursive: true })).sort();
    return names
      .filter((name) => ['.yaml', '.yml', '.json'].includes(extname(name)))
      .map((name) => join(path, name));
  } catch {
    throw new UsageError(
      `Cannot read ${path} given by --manifest: name a file or a folder, or - for stdin`,
    );
  }
}

async function parse(file: string): Promise<Manifest[]> {
  const documents = parseAllDocuments(
    file === '-' ? await text(process.stdin) : await readFile(file, 'utf8'),
  );
  const broken = 'empty' in documents ? undefined : documents.flatMap(({ errors }) => errors)[0];
  if (broken) throw new UsageError(`${file} is not YAML: ${broken.message}`);
  const manifests = [...documents].map((document) => document.toJS() as Manifest | null);
  return manifests.flatMap((manifest) => manifest?.items ?? manifest ?? []);
}
