import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const library = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'nestjs-drain-client-'));
const run = (cwd: string, command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' });

describe('the packed client', () => {
  beforeAll(() => {
    const tarball = run(library, 'npm', 'pack', '--silent', '--pack-destination', directory).trim();
    const dependencies = { 'nestjs-drain-client': `file:${tarball}` };
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies }));
    run(directory, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline');
  }, 120_000);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('installs its parser and nothing else, no Nest above all', () => {
    const installed = readdirSync(join(directory, 'node_modules'));
    expect(installed.filter((name) => !name.startsWith('.')).sort()).toEqual([
      'eventsource-parser',
      'nestjs-drain-client',
    ]);
  });

  test.each([
    ['ESM', 'read.mjs', "import { resumingFetch } from 'nestjs-drain-client';"],
    ['CommonJS', 'read.cjs', "const { resumingFetch } = require('nestjs-drain-client');"],
  ])('reads a stream from %s', async (_, file, head) => {
    const server = createServer((__, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.end('id: 0\ndata: zero\n\nid: 1\ndata: one\n\n');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const script = `${head}
      (async () => {
        const isTerminal = ({ data }) => data === 'one';
        const url = 'http://127.0.0.1:${port}/';
        for await (const { data } of resumingFetch(url, {}, { isTerminal })) console.log(data);
      })();`;
    writeFileSync(join(directory, file), script);
    const read = promisify(execFile);
    const { stdout } = await read(process.execPath, [file], { cwd: directory });
    expect(stdout).toBe('zero\none\n');
    server.close();
  });
});
