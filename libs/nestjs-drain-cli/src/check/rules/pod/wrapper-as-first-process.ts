import { type Dockerfile } from '../../input/dockerfile.js';
import { type Container } from '../../model/container.js';
import { firstProcess, type Wrapper } from '../../model/first-process.js';
import { imageName } from '../../model/image.js';
import { type Manifests, type Server } from '../../model/manifests.js';
import { type Edit, type Problem, type Rule, type Severity } from '../../rule.js';

export const wrapperAsFirstProcess: Rule = {
  id: 'wrapper-as-first-process',
  severity: 'error',
  title: 'A package manager, a watcher or a shell stands between SIGTERM and the service',
  why: "The kubelet signals the first process only. npm passes SIGTERM on to the shell of its script: Debian's dash dies of it, and node is killed at once with all its streams; busybox (Alpine) becomes node, which then drains. yarn, pnpm, nodemon and nest start differ by version. A shell that waits for its child passes nothing on: node never hears of the shutdown, and SIGKILL cuts what is left when the grace is over. PM2 and supervisord pass it on, and kill after a time of their own. `bash -c` and busybox `sh -c` become their last command; dash does so only with `exec`.",
  fix: 'Puts `exec` before the last command of a shell line that ends in a program.',
  *check(manifests) {
    for (const server of manifests.servers) {
      const { container } = server;
      const dockerfile = container.field.at('command').exists
        ? undefined
        : dockerfileOf(server, manifests);
      const image = dockerfile?.base ?? container.image;
      const first = firstProcess(startOf(container, dockerfile), image);
      if (first) yield problem(server, first, dockerfile);
    }
  },
};

/** The image's own words, with those of the manifest that replace its CMD. */
function startOf(container: Container, dockerfile: Dockerfile | undefined): string[] {
  const own = container.command.map((word) => word.text ?? '');
  return own.length > 0 ? own : [...(dockerfile?.command ?? [])];
}

/** The Dockerfile of a container: the only one that was given, or the one whose path names the image. */
function dockerfileOf({ container }: Server, { context, servers }: Manifests) {
  const [only, ...more] = context.dockerfiles;
  const name = imageName(container.image);
  if (only && more.length === 0 && servers.length === 1) return only;
  return context.dockerfiles.find(({ file }) => file.split(/[/.]/).includes(name));
}

function problem(
  { workload, container }: Server,
  first: Wrapper,
  dockerfile: Dockerfile | undefined,
): Problem {
  const place = dockerfile ? ` (${dockerfile.file}:${dockerfile.line})` : '';
  const inArgs = !container.field.at('command').exists && container.field.at('args').exists;
  const edits = editsFor(container, first);
  return {
    resource: workload.resource,
    field: container.field.at(inArgs ? 'args' : 'command'),
    message: `${first.wrapper} is the first process of ${container.name}${place}${consequence(first)}.`,
    severity: severityOf(first),
    edits,
    asks: first.mended === undefined,
    ...(advice[first.kind] && { advice: advice[first.kind] }),
  };
}

const advice: Partial<Record<Wrapper['kind'], string>> = {
  script: '# Start the program itself, or let the script end in `exec` and switch this rule off.',
  supervisor:
    '# Start the program itself, or give kill_timeout (PM2) or stopwaitsecs (supervisord) the time of the drain and switch this rule off.',
};

function consequence({ kind, shell }: Wrapper): string {
  if (kind === 'supervisor') return ': it kills after 1.6 s (PM2) or 10 s (supervisord) of its own';
  if (kind === 'script') return ': it passes SIGTERM on only when it ends in `exec`';
  if (kind === 'manager' && shell === 'busybox') return ': npm 11 passes SIGTERM on in this image';
  if (kind === 'shell' && shell === undefined) return ': as dash it would not pass SIGTERM on';
  return ', so the service may never get SIGTERM';
}

/** What is not known to lose streams is no error: a script may exec, an unknown sh may be busybox. */
function severityOf({ kind, shell, script }: Wrapper): Severity {
  if (kind === 'script' || kind === 'supervisor') return 'warning';
  if (kind === 'manager') return shell === 'busybox' ? 'note' : 'error';
  const isPlain = script !== undefined && !/[|&>]/.test(script.replaceAll('&&', ''));
  return kind === 'shell' && shell === undefined && isPlain ? 'warning' : 'error';
}

function editsFor(container: Container, { script, mended }: Wrapper): Edit[] {
  const field = container.command.find((word) => word.text === script);
  if (field && mended !== undefined) return [{ field, value: mended }];
  const command = { field: container.field.at('command'), value: ['node', 'dist/main.js'] };
  const args = container.field.at('args');
  return args.exists ? [command, { field: args, value: undefined }] : [command];
}
