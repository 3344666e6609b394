import { readFileSync } from 'node:fs';
import { type Document, parseAllDocuments, stringify } from 'yaml';
import { type Finding } from '../finding.js';
import { checkText } from './fixtures.js';

/** A change to the good manifest of the tests: two pods that drain, and their PodDisruptionBudget. */
export type Change = (deployment: Document, budget: Document) => void;

const good = new URL('../../../test/fixtures/check-good/chat.yaml', import.meta.url);
const pod = ['spec', 'template', 'spec'];

const set =
  (base: readonly (string | number)[]) =>
  (path: string, value: unknown): Change =>
  (deployment) => {
    const steps = [
      ...base,
      ...path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
    ];
    if (value === undefined) deployment.deleteIn(steps);
    else deployment.setIn(steps, deployment.createNode(value));
  };

/** Sets (or, for undefined, removes) a field of the Deployment, its pod, or its container. */
export const inDeployment = set([]);
export const inPod = set(pod);
export const inContainer = set([...pod, 'containers', 0]);

/** An environment variable more. */
export const variable =
  (name: string, value: string): Change =>
  (deployment) => {
    const env = [...pod, 'containers', 0, 'env'];
    if (!deployment.hasIn(env)) deployment.setIn(env, deployment.createNode([]));
    deployment.addIn(env, deployment.createNode({ name, value }));
  };

/** Sets (or, for undefined, removes) an annotation `nestjs-drain/<name>` of the pod template. */
export const annotation = (name: string, value: string | undefined): Change =>
  inTemplate(`nestjs-drain/${name}`, value);

const inTemplate =
  (name: string, value: string | undefined): Change =>
  (deployment) => {
    const steps = ['spec', 'template', 'metadata', 'annotations', name];
    if (value === undefined) deployment.deleteIn(steps);
    else deployment.setIn(steps, value);
  };

/** As if the service showed no sign of this library: another stack, of which nothing is declared. */
export const stranger: readonly Change[] = [
  annotation('timeout', undefined),
  annotation('propagation-delay', undefined),
  (deployment) => deployment.deleteIn([...pod, 'containers', 0, 'lifecycle']),
];

/** The ids of what is found in the changed manifest, with other resources beside it. */
export async function judge(changes: readonly Change[], ...others: unknown[]): Promise<string[]> {
  return (await findingsOf(changes, ...others)).map(({ rule }) => rule.id);
}

/** What is found in the changed manifest, with other resources beside it. */
export async function findingsOf(
  changes: readonly Change[],
  ...others: unknown[]
): Promise<readonly Finding[]> {
  return (await checkText(textOf(changes, ...others))).findings;
}

/** The changed manifest, with other resources beside it. */
export function textOf(changes: readonly Change[], ...others: unknown[]): string {
  const [deployment, budget] = parseAllDocuments(readFileSync(good, 'utf8')) as Document[];
  if (!deployment || !budget) throw new Error('The good manifest holds two documents.');
  for (const change of changes) change(deployment, budget);
  const texts = [deployment, budget].map(String).concat(others.map((each) => stringify(each)));
  return texts.join('\n---\n');
}
