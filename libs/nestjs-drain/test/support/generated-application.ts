import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { eventually } from '../../../../testing/eventually.js';
import { freePort } from './free-port.js';
import { cleanEnvironment, install, run, type Tarballs } from './packed.js';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const readme = join(repository, 'README.md');

/** The TypeScript of a page, block by block. */
async function codeOf(page: string): Promise<string[]> {
  const blocks = (await readFile(page, 'utf8')).matchAll(/^```ts\n([^]*?)^```$/gm);
  return [...blocks].map(([, code = '']) => code);
}

/** What `nest new` writes, with the packed library added as the README says. */
export class GeneratedApplication {
  private constructor(
    readonly directory: string,
    private readonly nest: number,
  ) {}

  static async create(workspace: string, nest: number): Promise<GeneratedApplication> {
    const generator = join(workspace, `nest-${nest}`);
    await mkdir(generator);
    await writeFile(join(generator, 'package.json'), '{ "private": true }');
    await install(generator, `@nestjs/cli@${nest}`, `@nestjs/schematics@${nest}`);
    const flags = ['--skip-install', '--skip-git', '--package-manager', 'npm'];
    await run(generator, 'npx', '--no-install', 'nest', 'new', 'application', ...flags);
    const application = new GeneratedApplication(join(generator, 'application'), nest);
    await install(application.directory);
    return application;
  }

  /** By the README's line alone; a tarball stands in the place of each name of ours. */
  async installByReadme(tarballs: Tarballs): Promise<void> {
    const lines = [...(await readFile(readme, 'utf8')).matchAll(/npm install (nestjs-drain .*)/g)]
      .map(([, packages = '']) => packages.replace(/\s*#.*/, '').split(' '))
      .filter((packages) => packages.some((name) => name.startsWith('@nestjs/terminus')));
    const isFor = (name: string): boolean =>
      name === `@nestjs/terminus${this.nest === 11 ? '@11' : ''}`;
    const line = lines.find((packages) => packages.some(isFor));
    if (!line) throw new Error(`README.md has no line that installs for Nest ${this.nest}`);
    await install(
      this.directory,
      ...line.map((name) => (name === 'nestjs-drain' ? tarballs[name] : name)),
    );
  }

  /** The module, the decorator on a route that streams, the hooks: nothing else is touched. */
  async addDrain(): Promise<void> {
    await this.#edit(
      'src/app.module.ts',
      [/^/, "import { GracefulShutdownModule } from 'nestjs-drain';\n"],
      [
        'imports: []',
        'imports: [GracefulShutdownModule.forRoot({ timeout: 300, propagationDelay: 5 })]',
      ],
    );
    await this.#edit(
      'src/app.controller.ts',
      [/^/, "import { interval, map, take, type Observable } from 'rxjs';\n"],
      [/^/, "import { DrainableStream } from 'nestjs-drain';\n"],
      ['{ Controller, Get }', '{ Controller, Get, Sse, type MessageEvent }'],
      [/\}\s*$/, route],
    );
    await this.#edit('src/main.ts', [
      'await app.listen',
      'app.enableShutdownHooks();\n  await app.listen',
    ]);
  }

  /** `compilerOptions` as @nestjs/schematics wrote them before 11.0.6. */
  async useCommonJs(): Promise<void> {
    await this.#edit(
      'tsconfig.json',
      [/"module": "nodenext"/, '"module": "commonjs"'],
      [/\s*"(moduleResolution|resolvePackageJsonExports|isolatedModules)": .*/g, ''],
    );
  }

  /** The README's whole application in the place of the generated one. */
  async useMainOfReadme(): Promise<void> {
    const main = (await codeOf(readme)).find((code) => code.startsWith('// src/main.ts\n'));
    if (!main) throw new Error('README.md has no block that begins with "// src/main.ts"');
    await writeFile(join(this.directory, 'src/main.ts'), main);
  }

  /** The blocks of docs/testing.md, which are one spec file. */
  async addSpecsOfTestingPage(): Promise<void> {
    const code = (await codeOf(join(repository, 'docs/testing.md'))).join('\n');
    const runner = this.nest === 11 ? 'jest' : 'vi';
    const spec = code.replaceAll(/\bjest\./g, `${runner}.`);
    await writeFile(join(this.directory, 'src/testing.spec.ts'), spec);
  }

  /** What `GET /` answers. */
  async greet(greeting: string): Promise<void> {
    await this.#edit('src/app.service.ts', [/return '.*';/, `return '${greeting}';`]);
  }

  /** With the HTTP adapter of Fastify, as Nest's documentation says. */
  async useFastify(): Promise<void> {
    await install(this.directory, `@nestjs/platform-fastify@${this.nest}`);
    await this.#edit(
      'src/main.ts',
      [/^/, "import { FastifyAdapter } from '@nestjs/platform-fastify';\n"],
      ['create(AppModule)', 'create(AppModule, new FastifyAdapter())'],
    );
  }

  npx(...args: string[]): Promise<string> {
    return run(this.directory, 'npx', '--no-install', ...args);
  }

  /** `npm run start:prod`, without npm in front: node has to be the process that is signalled. */
  async start(): Promise<StartedApplication> {
    const port = await freePort();
    const child = spawn(process.execPath, ['dist/main'], {
      cwd: this.directory,
      env: { ...cleanEnvironment(), PORT: `${port}`, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
    const url = `http://127.0.0.1:${port}`;
    await ready(url, child, exited);
    return { url, process: child, exited };
  }

  async #edit(file: string, ...changes: [string | RegExp, string][]): Promise<void> {
    const path = join(this.directory, file);
    let text = await readFile(path, 'utf8');
    for (const [old, replacement] of changes) {
      const changed = text.replace(old, replacement);
      if (changed === text) throw new Error(`${file} has no ${String(old)}`);
      text = changed;
    }
    await writeFile(path, text);
  }
}

export interface StartedApplication {
  readonly url: string;
  readonly process: ChildProcess;
  /** Resolves to the exit code; null after a signal. */
  readonly exited: Promise<number | null>;
}

const route = `
  @Sse('answer')
  @DrainableStream()
  answer(): Observable<MessageEvent> {
    return interval(100).pipe(
      take(20),
      map((n) => ({ data: \`word\${n}\` })),
    );
  }

  @Sse('ticks')
  @DrainableStream()
  ticks(): Observable<MessageEvent> {
    return interval(100).pipe(map((n) => ({ data: \`tick\${n}\` })));
  }
}
`;

/** As the kubelet does: the generated `main.ts` prints nothing when it listens. */
async function ready(url: string, child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const isReady = eventually(async () => expect((await fetch(`${url}/ready`)).status).toBe(200));
  const isGone = exited.then(() => {
    throw new Error(`It ended before it was ready:\n${output}`);
  });
  await Promise.race([isReady, isGone]);
  isGone.catch(() => undefined);
}
