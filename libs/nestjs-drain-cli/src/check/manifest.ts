import { LineCounter, parseAllDocuments, type Document } from 'yaml';
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
    const root = new Field(document, [], valueOf(document));
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
  return documents.map((yaml) => {
    const [error] = yaml.errors;
    if (error) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      throw new UnusableInputError(
        `${source.file}:${line}:${col}: broken YAML: ${error.message}${helmHint(source)}`,
      );
    }
    return new ManifestDocument(source.file, yaml, lineCounter);
  });
}

function helmHint({ text, file }: Source): string {
  return text.includes('{{')
    ? `. This looks like an unrendered Helm template: render it, \`helm template … | nestjs-drain check -\``
    : `. Mend ${file} and check again`;
}

function valueOf(document: ManifestDocument): unknown {
  try {
    return document.yaml.toJS();
  } catch (error) {
    throw new UnusableInputError(
      `${document.file}:${document.line([])}: broken YAML: ${(error as Error).message}`,
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
