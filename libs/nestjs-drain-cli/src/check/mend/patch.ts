type Json = Record<string, unknown>;

/** Lists that Kubernetes merges item by item, and the key of their items; every other one is replaced. */
const mergeKeys: Record<string, string> = {
  containers: 'name',
  containerDefinitions: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
};

/** How a patch takes an item out of a merged list. */
const deletion = { $patch: 'delete' } as const;

/** A copy with one field set, or, for undefined, removed. */
export function withValue(data: unknown, path: readonly (string | number)[], value: unknown) {
  const copy = structuredClone(data);
  const [last = '', ...before] = [...path].reverse();
  let target = copy as Json;
  for (const [index, step] of before.reverse().entries()) {
    const next = path[index + 1];
    target = (target[step] ??= typeof next === 'number' ? [] : {}) as Json;
  }
  if (Array.isArray(target) && value === undefined) target.splice(Number(last), 1);
  else if (value === undefined) delete target[last];
  else target[last] = value;
  return copy;
}

/** The strategic merge patch that makes `after` of `before`: what changed and nothing else. */
export function difference(before: unknown, after: unknown): Json {
  const [from, to] = [before, after].map(asMap) as [Json, Json];
  const patch: Json = {};
  for (const key of Object.keys({ ...from, ...to })) {
    if (JSON.stringify(from[key]) === JSON.stringify(to[key])) continue;
    patch[key] = to[key] === undefined ? null : change(key, from[key], to[key]);
  }
  return patch;
}

function change(key: string, from: unknown, to: unknown): unknown {
  const mergeKey = mergeKeys[key];
  if (mergeKey && Array.isArray(from) && Array.isArray(to)) return changedItems(mergeKey, from, to);
  return isMap(from) && isMap(to) ? difference(from, to) : to;
}

function changedItems(mergeKey: string, from: unknown[], to: unknown[]): unknown[] {
  const named = (items: unknown[], item: unknown) =>
    items.find((each) => asMap(each)[mergeKey] === asMap(item)[mergeKey]);
  const removed = from
    .filter((item) => named(to, item) === undefined)
    .map((item) => ({ [mergeKey]: asMap(item)[mergeKey], ...deletion }));
  const changed = to.flatMap((item) => {
    const before = named(from, item);
    if (before === undefined) return [item];
    const patch = difference(before, item);
    return Object.keys(patch).length > 0 ? [{ [mergeKey]: asMap(item)[mergeKey], ...patch }] : [];
  });
  return [...changed, ...removed];
}

/** Applies a strategic merge patch, as `kubectl patch` or kustomize would. */
export function merge(data: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const merged: Json = { ...asMap(data) };
  for (const [key, value] of Object.entries(patch)) {
    const mergeKey = mergeKeys[key];
    if (value === null) delete merged[key];
    else if (mergeKey && Array.isArray(value))
      merged[key] = mergeItems(mergeKey, merged[key], value);
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

function mergeItems(mergeKey: string, data: unknown, patches: unknown[]): unknown[] {
  const items = Array.isArray(data) ? [...(data as unknown[])] : [];
  for (const patch of patches) {
    const name = asMap(patch)[mergeKey];
    const index = items.findIndex((each) => asMap(each)[mergeKey] === name);
    if (asMap(patch)['$patch'] === 'delete') items.splice(index, index < 0 ? 0 : 1);
    else if (index < 0) items.push(patch);
    else items[index] = merge(items[index], patch);
  }
  return items;
}

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asMap = (value: unknown): Json => (isMap(value) ? value : {});
