import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
} from 'yaml';

export type Path = readonly (string | number)[];

/** One YAML document of a file, which knows the line of each of its fields. */
export class ManifestDocument {
  constructor(
    readonly file: string,
    /** Which document of its file. */
    readonly index: number,
    readonly yaml: Document.Parsed,
    private readonly lines: LineCounter,
    /** The whole document as plain data. */
    readonly value: unknown,
  ) {}

  /** The 1-based line of the field, or, when it is absent, of the nearest field around it. */
  line(path: Path): number {
    let node: Node | undefined = this.yaml.contents ?? undefined;
    let offset = node?.range?.[0] ?? this.yaml.range[0];
    for (const step of path) {
      const found = this.step(node, step);
      if (!found) break;
      offset = found.offset ?? offset;
      node = found.node;
    }
    return this.lines.linePos(offset).line;
  }

  private step(node: Node | undefined, step: string | number) {
    const target = isAlias(node) ? node.resolve(this.yaml) : node;
    if (isMap(target)) {
      const pair = target.items.find(
        (each) => isScalar(each.key) && String(each.key.value) === String(step),
      );
      if (!pair) return undefined;
      return { node: asNode(pair.value), offset: asNode(pair.key)?.range?.[0] };
    }
    const item = isSeq(target) ? asNode(target.items[Number(step)]) : undefined;
    return item && { node: item, offset: item.range?.[0] };
  }
}

const asNode = (value: unknown): Node | undefined => (isNode(value) ? value : undefined);
