import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
/** A folder from which the packages of the Nest version under test are found; Jest's project names it. */
const { nestFolder = 'nestjs-drain' } = globalThis as { nestFolder?: string };
const compiled = fileURLToPath(
  new URL(`../../../../node_modules/.cache/${nestFolder}/`, import.meta.url),
);

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface FixtureProcess {
  readonly process: ChildProcess;
  /** Everything printed so far, both streams. */
  readonly output: () => string;
  /** Resolves once the output has come to hold this text. */
  readonly printed: (text: string) => Promise<void>;
  readonly exited: Promise<Exit>;
  /** Writes a line to its standard input. */
  readonly tell: (line: string) => void;
  /** Ends it at once, whatever it is doing. */
  readonly stop: () => Promise<void>;
}

/** Runs `test/fixtures/<name>.ts` with the built package in a process of its own. */
export const startFixture = (
  name: string,
  env: Record<string, string> = {},
): Promise<FixtureProcess> => startProgram(join(fixtures, `${name}.ts`), { name, env });

export interface ProgramOptions {
  /** Names its compiled file. */
  readonly name: string;
  readonly env?: Record<string, string>;
  /** For node, before the program. */
  readonly nodeArguments?: readonly string[];
}

/** Runs a TypeScript file with the built packages in a process of its own. */
export async function startProgram(
  file: string,
  { name, env = {}, nodeArguments = [] }: ProgramOptions,
): Promise<FixtureProcess> {
  const child = spawn(process.execPath, [...nodeArguments, await compile(file, name)], {
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!output.includes(text)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      void exited.then(({ code, signal }) => {
        const end = signal ?? `exit code ${code}`;
        reject(new Error(`It never printed "${text}", and ended (${end}):\n${output}`));
      });
    });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const tell = (line: string): void => void child.stdin.write(`${line}\n`);
  return { process: child, output: () => output, printed, exited, tell, stop };
}

async function compile(file: string, name: string): Promise<string> {
  const source = await readFile(file, 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  await mkdir(compiled, { recursive: true });
  const path = join(compiled, `${name}-${process.pid}.mjs`);
  await writeFile(path, outputText);
  return path;
}
