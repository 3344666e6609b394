import { type Manifests } from './manifests.js';

/** Computes something once for all that was read, when a rule first asks. */
export function oncePerManifests<Result>(
  compute: (manifests: Manifests) => Result,
): (manifests: Manifests) => Result {
  const known = new WeakMap<Manifests, { readonly result: Result }>();
  return (manifests) => {
    const found = known.get(manifests) ?? { result: compute(manifests) };
    known.set(manifests, found);
    return found.result;
  };
}
