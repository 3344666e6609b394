import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const program = fileURLToPath(new URL('../bin/nestjs-drain.js', import.meta.url));
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function check(args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, 'check', ...args], (error, output, errors) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output, errors }),
    );
    child.stdin?.end(input);
  });
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestjs-drain-check-'));
  await cp(fixtures, folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the exit code', () => {
  it('is 0 for good manifests in folders and files', async () => {
    const { code, output } = await check([
      join(folder, 'check-good/kustomize'),
      join(folder, 'check-good/chat.yaml'),
    ]);
    expect([code, output]).toEqual([
      0,
      expect.stringContaining('4 resources read, 2 workloads judged: nothing'),
    ]);
  });

  it('is 1 from the chosen severity on', async () => {
    const note = join(folder, 'check/liveness-missing.yaml');
    expect((await check([note])).code).toBe(0);
    expect((await check([note, '--severity', 'note'])).code).toBe(1);
    const warning = join(folder, 'check/single-replica.yaml');
    expect((await check([warning])).code).toBe(1);
    expect((await check([warning, '--severity', 'error'])).code).toBe(0);
  });

  it.each([
    ['empty stdin', ['-'], '', /no Kubernetes resource/],
    ['--fix of stdin', ['-', '--fix'], 'a: 1', /Pass the files/],
    ['no path', [], '', /Pass manifests/],
    ['a mistyped rule', ['--explain', 'grace-too-shrt'], '', /did you mean grace-too-short/],
    [
      'an address that does not answer',
      ['-', '--url', 'http://127.0.0.1:1'],
      'a: 1',
      /Is the service running/,
    ],
    ['an unknown option', ['-', '--wat'], '', /unknown option/],
  ])('is 2 for %s, and says so', async (_, args, input, message) => {
    const { code, output, errors } = await check(args, input);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toMatch(message);
  });
});

it('stdin takes what kustomize and helm print', async () => {
  const text = await readFile(join(fixtures, 'check-good/mixed.yaml'), 'utf8');
  expect(await check(['-'], text)).toMatchObject({ code: 0, errors: '' });
  const faulty = text.replace('terminationGracePeriodSeconds: 150', '');
  const { code, output } = await check(['-', '--json'], faulty);
  expect(code).toBe(1);
  expect(JSON.parse(output)).toMatchObject({
    findings: [{ rule: 'grace-too-short', file: '<stdin>', resource: 'Deployment/chat' }],
  });
});

it('--sarif prints SARIF and nothing else', async () => {
  const { output } = await check([join(folder, 'check/schema.yaml'), '--sarif']);
  expect(JSON.parse(output)).toMatchObject({ version: '2.1.0', runs: [{ results: [{}] }] });
});

it('--fix mends in place until nothing is left, and reports what it could not mend', async () => {
  const mended = join(folder, 'check/grace-too-short.yaml');
  const before = await readFile(mended, 'utf8');
  const { code, output } = await check([mended, '--fix']);
  expect(code).toBe(0);
  expect(output).toMatch(
    /grace-too-short\.yaml:\d+: mended grace-too-short {2}SIGKILL comes after/,
  );
  expect(await readFile(mended, 'utf8')).toBe(
    before.replace('terminationGracePeriodSeconds: 60', 'terminationGracePeriodSeconds: 307'),
  );
  const left = join(folder, 'check/recreate-strategy.yaml');
  expect(await check([left, '--fix'])).toMatchObject({
    code: 1,
    output: expect.stringContaining('recreate-strategy'),
  });
});

it('--fix says what it mended beside a report for programs, not in it', async () => {
  const file = join(folder, 'mended.yaml');
  await cp(join(fixtures, 'check/grace-too-short.yaml'), file);
  const { output, errors } = await check([file, '--fix', '--json']);
  expect(JSON.parse(output)).toMatchObject({ findings: [] });
  expect(errors).toMatch(/^\S+mended\.yaml:\d+: mended grace-too-short /);
});

it('--fix says which place it will not edit, and leaves the file alone', async () => {
  const file = join(folder, 'alias.yaml');
  const text = (await readFile(join(fixtures, 'check/grace-too-short.yaml'), 'utf8')).replace(
    '    spec:\n      terminationGracePeriodSeconds: 60',
    '    spec:\n      terminationGracePeriodSeconds: &grace 60\n      activeDeadlineSeconds: *grace',
  );
  await writeFile(file, text);
  const { code, errors } = await check([file, '--fix']);
  expect([code, errors]).toEqual([
    1,
    expect.stringMatching(/alias\.yaml:\d+: --fix will not edit this place for grace-too-short/),
  ]);
  expect(await readFile(file, 'utf8')).toBe(text);
});

it('--fix says that it will not edit a file whose bytes are not UTF-8, and leaves it alone', async () => {
  const file = join(folder, 'latin.yaml');
  const text = await readFile(join(fixtures, 'check/grace-too-short.yaml'));
  const bytes = Buffer.concat([Buffer.from('# caf\xe9\n', 'latin1'), text]);
  await writeFile(file, bytes);
  const { code, errors } = await check([file, '--fix']);
  expect([code, errors]).toEqual([
    1,
    expect.stringMatching(
      /latin\.yaml:\d+: --fix will not edit .* for grace-too-short \(.* not UTF-8/,
    ),
  ]);
  expect(await readFile(file)).toEqual(bytes);
});

describe("this repository's own manifests", () => {
  const manifests = fileURLToPath(new URL('../../../k8s', import.meta.url));
  const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
  if (!hasKubectl) console.warn('kubectl is missing: apt-get install kubernetes-client');

  it('are clean', async () => {
    expect(await check([manifests, '--severity', 'note'])).toMatchObject({ code: 0, errors: '' });
  });

  (!hasKubectl && !process.env['CI'] ? it.skip : it)(
    'are clean with the demo overlay',
    async () => {
      const overlay = join(manifests, 'overlays/demo');
      const rendered = execFileSync('kubectl', ['kustomize', overlay], { encoding: 'utf8' });
      const { code, output } = await check(['-', '--severity', 'note'], rendered);
      expect([code, output]).toEqual([
        0,
        expect.stringContaining('3 resources read, 1 workload judged: nothing'),
      ]);
    },
  );
});

it('the built schemas need no other package, and bring the licences of those that they hold', async () => {
  const dist = fileURLToPath(new URL('../dist', import.meta.url));
  const models = await readFile(join(dist, 'check/model/kubernetes.js'), 'utf8');
  expect(models.match(/\bfrom\s*"[^"]+"|__require\("[^"]+"\)/g)).toBeNull();
  const licences = await readFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  expect(licences).toMatch(/^kubernetes-models \d+\.\d+\.\d+ \(MIT\)$/m);
});
