import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const folder = fileURLToPath(new URL('../../node_modules/.cache/nest-11/', import.meta.url));
const fixtures = fileURLToPath(new URL('../../libs/nestjs-drain/test/fixtures/', import.meta.url));
const compiler = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'));

const versionOf = (name: string): string =>
  (
    JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string;
    }
  ).version;

test('these tests run on Nest 11', () => {
  for (const name of ['@nestjs/core', '@nestjs/websockets', '@nestjs/microservices']) {
    expect(versionOf(name)).toMatch(/^11\./);
  }
  expect(import.meta.resolve('@nestjs/core')).toContain(folder);
});

test('the entries of the transports type-check on Nest 11', () => {
  const files = ['websocket', 'grpc', 'microservice'].map((name) => {
    copyFileSync(join(fixtures, `${name}.ts`), join(folder, `${name}.mts`));
    return `${name}.mts`;
  });
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext'];
  const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata'];
  const types = ['--types', 'node', '--skipLibCheck'];
  const args = [compiler, '--ignoreConfig', ...files, ...options, ...decorators, ...types];
  expect(() => execFileSync(process.execPath, args, { cwd: folder, stdio: 'pipe' })).not.toThrow();
});
