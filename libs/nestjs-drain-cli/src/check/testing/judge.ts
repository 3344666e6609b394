import { readFileSync } from 'node:fs';
import { type Document, parseAllDocuments, stringify } from 'yaml';
import { check } from '../check.js';

/** A change to the good manifest of the tests: two pods that drain, and their PodDisruptionBudget. */
export type Change = (deployment: Document, budget: Document) => void;

const good = new URL('../../../test/fixtures/check/schema/pass.yaml', import.meta.url);
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
  (deployment) =>
    deployment.addIn([...pod, 'containers', 0, 'env'], deployment.createNode({ name, value }));

/** The ids of what is found in the changed manifest, with other resources beside it. */
export async function judge(changes: readonly Change[], ...others: unknown[]): Promise<string[]> {
  const [deployment, budget] = parseAllDocuments(readFileSync(good, 'utf8')) as Document[];
  if (!deployment || !budget) throw new Error('The good manifest holds two documents.');
  for (const change of changes) change(deployment, budget);
  const texts = [deployment, budget].map(String).concat(others.map((each) => stringify(each)));
  const { findings } = await check([{ file: 'some.yaml', text: texts.join('\n---\n') }]);
  return findings.map(({ rule }) => rule.id);
}
