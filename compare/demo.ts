import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  planOf,
  rehearse,
  writeResults,
  type Audience,
  type RehearsalOptions,
} from 'nestjs-drain-cli/rehearse';
import { exitWhenInterrupted } from './interruption.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const words = 80;

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } });
/** The pictures of the README are tracked: they change only on demand. */
const pictures = join(root, values.update ? 'docs/images' : 'compare/dist/pictures');

/** The same clients for both: an answer of 4 s at the services' 20 tokens a second. */
const body = { model: 'echo', input: Array(words).fill('token').join(' '), stream: true };

/** A line for whatever happens to a pod: `hookAnswered` is written as "hook answered". */
const progress: Audience = {
  event({ at, pod, kind, detail = '' }) {
    const what = kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    console.log(`  ${(at / 1000).toFixed(1).padStart(5)} s  ${pod} ${what} ${detail}`.trimEnd());
  },
};

async function show(name: string, command: string[], options: RehearsalOptions): Promise<void> {
  console.log(`${name}: two pods are replaced while 16 clients stream`);
  const report = await rehearse(await planOf(command, options), progress);
  const file = (ending: string) => join(pictures, `${name}.${ending}`);
  // What the picture names is what a reader would type.
  const shown = { ...report, command: command.join(' ').replace(`${root}`, '') };
  const files = { svg: file('svg'), png: file('png'), html: file('html') };
  await writeResults(shown, files);
  const picture = relative(process.cwd(), files.html);
  console.log(`${name}: ${report.lost} of ${report.streams.length} streams lost, see ${picture}\n`);
}

exitWhenInterrupted();
const folder = await mkdtemp(join(tmpdir(), 'demo-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
await mkdir(pictures, { recursive: true });
const file = join(folder, 'body.json');
await writeFile(file, JSON.stringify(body));
const load: RehearsalOptions = {
  replicas: 2,
  load: ['post:/v1/responses'],
  body: file,
  clients: 16,
  readiness: '/ready',
  streamLength: '4s',
  grace: '30s',
  warmup: '2s',
  timeLimit: '2m',
};
await show(
  'rollout-without',
  ['node', join(root, 'compare/dist/variants/plain-responses.js')],
  load,
);
await show('rollout-with', ['node', join(root, 'dist/main.js')], {
  ...load,
  manifest: [join(root, 'k8s/base')],
  // Times short enough to fit into a picture.
  env: [
    'GRACEFUL_SHUTDOWN_TIMEOUT=20',
    'GRACEFUL_SHUTDOWN_PROPAGATION_DELAY=2',
    'TERMINATION_GRACE_PERIOD_SECONDS=30',
  ],
});
