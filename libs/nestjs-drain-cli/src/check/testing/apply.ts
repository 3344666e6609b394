import { parseAllDocuments, stringify } from 'yaml';
import { merge } from '../mend/patch.js';

interface Named {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
}

const parse = (text: string): Named[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Named | null)
    .flatMap((each) => each ?? []);

/** The manifests with a remedy applied, as `kubectl apply` and `kubectl patch` would. */
export function apply(manifests: string, remedy: string): string {
  const resources = parse(manifests);
  for (const patch of parse(remedy)) {
    const index = resources.findIndex(
      (each) => each.kind === patch.kind && each.metadata?.name === patch.metadata?.name,
    );
    if (index < 0) resources.push(patch);
    else resources[index] = merge(resources[index], patch) as Named;
  }
  return resources.map((each) => stringify(each)).join('---\n');
}
