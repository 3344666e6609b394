import { type Container } from '../container.js';
import { type Edit, type Rule } from '../rule.js';
import { firstProcess } from '../first-process.js';

export const wrapperAsFirstProcess: Rule = {
  id: 'wrapper-as-first-process',
  severity: 'error',
  title: 'A package manager or a shell stands between SIGTERM and node',
  why: 'The kubelet signals the first process only. npm, yarn, pnpm, npx, nest start and a waiting shell do not pass SIGTERM on: node never hears of the shutdown, the pod hangs until the grace has passed, and SIGKILL cuts what is left.',
  remedy: `command: [node, dist/main.js]
# or, when a shell is needed
# command: [sh, -c, 'npm run migrate && exec node dist/main.js']`,
  fix: 'Puts `exec` before the last command of a shell line that ends in node.',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const first = firstProcess(words(container));
      if (!first) continue;
      yield {
        resource: workload.resource,
        field: container.field.at(container.field.at('command').exists ? 'command' : 'args'),
        message: `${first.wrapper} is the first process of ${container.name}.`,
        edits: edits(container, first.script, first.mended),
      };
    }
  },
};

const fields = (container: Container) => [
  ...container.field.at('command').items,
  ...container.field.at('args').items,
];

const words = (container: Container): string[] => fields(container).map((word) => word.text ?? '');

function edits(container: Container, script?: string, mended?: string): Edit[] {
  const field = fields(container).find((word) => word.text === script);
  return field && mended !== undefined ? [{ field, value: mended }] : [];
}
