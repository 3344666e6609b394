import { type Field } from '../input/field.js';
import { type Resource } from '../input/resource.js';
import { comparedEntries, type Labels, matchesMap, matchesSelector } from './selector.js';

/** Resources by what they select, so that thousands of workloads find theirs without asking all. */
export class LabelIndex {
  private readonly buckets = new Map<string, Resource[]>();

  private constructor(
    resources: readonly Resource[],
    private readonly selectorOf: (resource: Resource) => Field,
    private readonly isMap: boolean,
  ) {
    for (const resource of resources) {
      const selector = this.selectorOf(resource);
      const [first] = isMap ? comparedEntries(selector) : selector.at('matchLabels').entries;
      const key = first ? `${first[0]}=${first[1].text ?? ''}` : '';
      this.buckets.set(key, [...(this.buckets.get(key) ?? []), resource]);
    }
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
      for (const [key, value] of labels) {
        const bucket = this.buckets.get(`${key}=${value}`);
        if (bucket) bucket.push(labels);
        else this.buckets.set(`${key}=${value}`, [labels]);
      }
    }
  }

  /** Has any template the labels of this plain map? Only for maps that a template decides. */
  isSelectedBy(selector: Field): boolean {
    const [first] = selector.entries;
    const bucket = first && this.buckets.get(`${first[0]}=${first[1].text ?? ''}`);
    return bucket?.some((labels) => matchesMap(selector, labels)) === true;
  }
}
