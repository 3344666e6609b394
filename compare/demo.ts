import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planOf, rehearse, writeResults, type RehearsalOptions } from 'nestjs-drain-cli/rehearse';

const root = fileURLToPath(new URL('../../', import.meta.url));
const words = 80;

/** The same clients for both: an answer of 4 s at the services' 20 tokens a second. */
const body = { model: 'echo', input: Array(words).fill('token').join(' '), stream: true };

async function show(name: string, command: string[], options: RehearsalOptions): Promise<void> {
  const report = await rehearse(await planOf(command, options));
  const file = (ending: string) => join(root, 'docs/images', `${name}.${ending}`);
  // What the picture names is what a reader would type.
  const shown = { ...report, command: command.join(' ').replace(`${root}`, '') };
  const files = { svg: file('svg'), png: file('png'), html: file('html') };
  await writeResults(shown, files);
  console.log(`${name}: ${report.lost} of ${report.streams.length} streams lost, see ${files.png}`);
}

const folder = await mkdtemp(join(tmpdir(), 'demo-'));
try {
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
} finally {
  await rm(folder, { recursive: true });
}
