import { execFile, spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const program = fileURLToPath(new URL('../bin/nestjs-drain.js', import.meta.url));
const good = fileURLToPath(new URL('fixtures/check-good/chat.yaml', import.meta.url));
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a shell line with `$CHECK` and `$GOOD` set, in bash, where a pipe's first failure counts. */
function run(line: string, folder: string, uid?: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', line], {
      cwd: folder,
      env: { ...process.env, CHECK: `${process.execPath} ${program} check`, GOOD: good },
      ...(uid !== undefined && { uid }),
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, errors }));
  });
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestjs-drain-input-'));
  await copyFile(good, join(folder, 'good.yaml'));
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('what cannot be read is exit 2 with a sentence, and the rest is judged', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'a link to nothing',
      () => symlink('/nowhere', join(folder, 'x.yaml')),
      /x\.yaml: no such file or folder, or a link to nothing/,
    ],
    [
      'a loop of links',
      () => symlink('x.yaml', join(folder, 'x.yaml')),
      /x\.yaml: a loop of links/,
    ],
    [
      'a pipe without a writer',
      () => promisify(execFile)('mkfifo', [join(folder, 'x.yaml')]),
      /x\.yaml: neither a file nor a folder/,
    ],
    [
      'broken YAML',
      () => writeFile(join(folder, 'x.yaml'), 'a: [\n'),
      /x\.yaml:\d+:\d+: broken YAML/,
    ],
    [
      'an unrendered template',
      () => writeFile(join(folder, 'x.yaml'), 'kind: A\n{{- if .Values.x }}\nb: c\n{{- end }}\n'),
      /x\.yaml.*unrendered template/,
    ],
  ])('%s', async (_, make, sentence) => {
    await make();
    const { code, output } = await run('$CHECK .', folder);
    expect(output).toMatch(sentence);
    expect(output).toContain('2 resources read, 1 workload judged: nothing found in what');
    expect(code).toBe(2);
  });

  (isRoot ? it : it.skip)('a file without permission', async () => {
    await writeFile(join(folder, 'x.yaml'), 'a: 1');
    await chmod(join(folder, 'x.yaml'), 0o000);
    const { code, output } = await run('$CHECK .', folder, nobody);
    expect([code, output]).toEqual([2, expect.stringContaining('x.yaml: no permission')]);
  });

  it('a path that is not there', async () => {
    const { code, output } = await run('$CHECK nothing.yaml', folder);
    expect([code, output]).toEqual([2, expect.stringContaining('nothing.yaml: no such file')]);
  });

  it('no workload is not green', async () => {
    const service =
      '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[]}}';
    await writeFile(join(folder, 'service.yaml'), service);
    const { code, output } = await run('$CHECK service.yaml', folder);
    expect([code, output]).toEqual([2, expect.stringContaining('0 workloads judged: nothing can')]);
  });

  it('a reader that leaves before the end', async () => {
    const { code, errors } = await run('$CHECK --rules | head -c 0; exit ${PIPESTATUS[0]}', folder);
    expect([code, errors]).toEqual([2, 'The report was not read to its end.\n']);
  });
});

describe('what looks strange and can be read is read', () => {
  it('a folder that is named like a file, and a link that leads back into it', async () => {
    await mkdir(join(folder, 'x.yaml'));
    await copyFile(good, join(folder, 'x.yaml/again.yaml'));
    await symlink('.', join(folder, 'x.yaml/back'));
    await symlink('again.yaml', join(folder, 'x.yaml/same.yaml'));
    const { code, output } = await run('$CHECK x.yaml', folder);
    expect([code, output]).toEqual([0, expect.stringContaining('2 resources read')]);
  });

  it('a pipe that the shell opened', async () => {
    const { code, output } = await run('$CHECK <(cat $GOOD)', folder);
    expect([code, output]).toEqual([0, expect.stringContaining('2 resources read')]);
  });

  it('JSON in a folder, and no other JSON there', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'a' },
      spec: { template: {} },
    };
    await writeFile(join(folder, 'job.json'), JSON.stringify(job));
    await writeFile(join(folder, 'tsconfig.json'), '{ // broken\n');
    const { code, output } = await run('$CHECK .', folder);
    expect([code, output]).toEqual([0, expect.stringContaining('3 resources read')]);
  });
});
