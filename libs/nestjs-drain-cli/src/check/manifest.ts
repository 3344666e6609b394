import { type Document, LineCounter, parseAllDocuments, visit } from 'yaml';
import { Field } from './field.js';
import { ManifestDocument } from './manifest-document.js';
import { Resource } from './resource.js';
import { type Source } from './source.js';
import { UnusableInputError } from './unusable-input.js';

/**
 * The Kubernetes objects of one source, Lists taken apart. YAML that is no object is passed over.
 * @throws UnusableInputError with file and line when the YAML is broken.
 */
export function parseResources(source: Source): Resource[] {
  return parseDocuments(source).flatMap((document) => {
    const root = new Field(document, [], document.yaml.toJS());
    return objectsIn(root).map((field) => new Resource(field));
  });
}

/**
 * Every YAML document of a source.
 * @throws UnusableInputError with file and line when the YAML is broken.
 */
export function parseDocuments(source: Source): ManifestDocument[] {
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(source.text, { lineCounter, merge: true, prettyErrors: false });
  const documents: Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  return documents.map((yaml, index) => {
    const [error] = yaml.errors;
    if (error) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      throw new UnusableInputError(
        `${source.file}:${line}:${col}: broken YAML: ${error.message}${helmHint(source)}`,
      );
    }
    const document = new ManifestDocument(source.file, index, yaml, lineCounter);
    checkValue(document, lineCounter);
    return document;
  });
}

function helmHint({ text, file }: Source): string {
  return text.includes('{{')
    ? `. This looks like an unrendered Helm template: render it, \`helm template … | nestjs-drain check -\``
    : `. Mend ${file} and check again`;
}

/** An alias without an anchor shows only when the value is built. */
function checkValue({ file, yaml }: ManifestDocument, lines: LineCounter): void {
  try {
    yaml.toJS();
  } catch (error) {
    let offset = yaml.range[0];
    visit(yaml, {
      Alias(_, alias) {
        if (alias.resolve(yaml)) return undefined;
        offset = alias.range?.[0] ?? offset;
        return visit.BREAK;
      },
    });
    const { line, col } = lines.linePos(offset);
    throw new UnusableInputError(
      `${file}:${line}:${col}: broken YAML: ${(error as Error).message}`,
    );
  }
}

function objectsIn(field: Field): Field[] {
  const kind = field.at('kind').text;
  if (!kind || !field.at('apiVersion').text) return [];
  if (kind.endsWith('List') && Array.isArray(field.at('items').value)) {
    return field.at('items').items.flatMap(objectsIn);
  }
  return [field];
}
