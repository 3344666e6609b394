import { least, rollup } from 'd3-array';
import { type Field } from '../input/field.js';
import { type Resource } from '../input/resource.js';
import { comparedEntries, type Labels, matchesMap, matchesSelector } from './selector.js';

/**
 * Resources by what they select (by the label that the fewest of them name), so that thousands of
 * workloads find theirs without asking all.
 */
export class LabelIndex {
  private readonly buckets = new Map<string, Resource[]>();

  private constructor(
    resources: readonly Resource[],
    private readonly selectorOf: (resource: Resource) => Field,
    private readonly isMap: boolean,
  ) {
    const keys = new Map(resources.map((each) => [each, this.keysOf(each)]));
    const uses = rollup([...keys.values()].flat(), (same) => same.length, String);
    for (const [resource, own] of keys) {
      const rarest = least(own, (key) => uses.get(key)) ?? '';
      push(this.buckets, rarest, resource);
    }
  }

  private keysOf(resource: Resource): string[] {
    const selector = this.selectorOf(resource);
    return (this.isMap ? comparedEntries(selector) : selector.at('matchLabels').entries).map(keyOf);
  }

  /** By plain maps of labels, as in a Service. */
  static byMap(resources: readonly Resource[], selectorOf: (resource: Resource) => Field) {
    return new LabelIndex(resources, selectorOf, true);
  }

  /** By LabelSelectors, as in a PodDisruptionBudget. */
  static bySelector(resources: readonly Resource[], selectorOf: (resource: Resource) => Field) {
    return new LabelIndex(resources, selectorOf, false);
  }

  /** The resources that select pods with these labels, in any namespace. */
  selecting(labels: Labels): Resource[] {
    const keys = [...labels].map(([key, value]) => `${key}=${value}`);
    const candidates = ['', ...keys].flatMap((key) => this.buckets.get(key) ?? []);
    const matches = this.isMap ? matchesMap : matchesSelector;
    return candidates.filter((resource) => matches(this.selectorOf(resource), labels));
  }
}

/** Labels of pod templates, so that thousands of selectors find theirs without asking all. */
export class TemplateIndex {
  private readonly buckets = new Map<string, Labels[]>();

  constructor(templates: readonly Labels[]) {
    for (const labels of templates) {
      for (const [key, value] of labels) push(this.buckets, `${key}=${value}`, labels);
    }
  }

  /** Has any template the labels of this plain map? Only for maps that a template decides. */
  isSelectedBy(selector: Field): boolean {
    const buckets = selector.entries.map((entry) => this.buckets.get(keyOf(entry)) ?? []);
    const smallest = least(buckets, ({ length }) => length);
    return smallest?.some((labels) => matchesMap(selector, labels)) === true;
  }
}

const keyOf = ([key, value]: [string, Field]): string => `${key}=${value.text ?? ''}`;

function push<Item>(buckets: Map<string, Item[]>, key: string, item: Item): void {
  const bucket = buckets.get(key);
  if (bucket) bucket.push(item);
  else buckets.set(key, [item]);
}
