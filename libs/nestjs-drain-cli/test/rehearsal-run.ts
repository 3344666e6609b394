import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The part of the JSON report that the tests look at. */
export interface Report {
  readonly lost: number;
  readonly totals: Record<'complete' | 'resumed' | 'told' | 'unknown' | 'cut' | 'refused', number>;
  readonly verdict: { readonly passed: boolean; readonly sentence: string };
  readonly warnings: { readonly code: string; readonly pod?: string; readonly sentence: string }[];
  readonly causes: { readonly code: string; readonly pod?: string; readonly sentence: string }[];
  readonly pods: { readonly name: string; readonly events: { kind: string; detail?: string }[] }[];
  readonly streams: { readonly fate: string; readonly attempts: { readonly pod?: string }[] }[];
}

export interface Run {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
  readonly report: Report | undefined;
  readonly junit: string;
  readonly html: string;
  readonly svg: string;
  readonly png: Buffer;
  readonly markdown: string;
}

/** A fixture's file. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}.mjs`, import.meta.url));
}

/** Starts `nestjs-drain rehearse` as a process of its own. */
export function startRehearsal(values: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [main, 'rehearse', ...values], {
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Rehearses a fixture and reads the results that it wrote. */
export function rehearseFixture(
  name: string,
  flags: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  results: readonly string[] = ['json', 'junit'],
): Promise<Run> {
  return rehearseCommand([process.execPath, fixture(name)], flags, environment, results);
}

/** Rehearses any command and reads the results that it wrote. */
export async function rehearseCommand(
  service: readonly string[],
  flags: readonly string[],
  environment: NodeJS.ProcessEnv,
  results: readonly string[],
): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'rehearse-'));
  const file = (ending: string) => join(folder, `result.${ending}`);
  const files = results.flatMap((kind) => [`--${kind}`, file(kind)]);
  // Also the picture that it makes where none was asked for.
  const own = { TMPDIR: folder, ...environment };
  const child = startRehearsal([...flags, ...files, '--', ...service], own);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  const read = (kind: string) => readFile(file(kind)).catch(() => Buffer.alloc(0));
  const [json, junit, html, svg, png, markdown] = await Promise.all([
    read('json'),
    read('junit'),
    read('html'),
    read('svg'),
    read('png'),
    read('markdown'),
  ]);
  await rm(folder, { recursive: true });
  return {
    code: child.exitCode ?? -1,
    output,
    errors,
    report: json.length === 0 ? undefined : (JSON.parse(json.toString()) as Report),
    junit: junit.toString(),
    html: html.toString(),
    svg: svg.toString(),
    png,
    markdown: markdown.toString(),
  };
}
