import { type Document, LineCounter, parseAllDocuments, visit } from 'yaml';
import { Field } from './field.js';
import { foreignContainers } from './foreign.js';
import { ManifestDocument } from './manifest-document.js';
import { Resource } from './resource.js';
import { type Source } from './source.js';
import { isTemplate, looksLikeTemplate } from './template.js';
import { UnusableInputError } from './unusable-input.js';

const rendering =
  'This looks like an unrendered template: render it, `helm template … | nestjs-drain check -` (or `envsubst < …`).';

/**
 * The Kubernetes objects of one source, Lists taken apart, and the containers of a compose file or an
 * ECS task definition. YAML that is neither is passed over.
 * @throws UnusableInputError with file and line when the YAML is broken or an unrendered template.
 */
export function parseResources(source: Source): Resource[] {
  return parseDocuments(source).flatMap((document) => {
    const root = new Field(document, [], document.value);
    return [...objectsIn(root).map((field) => new Resource(field)), ...foreignContainers(root)];
  });
}

/**
 * Every YAML document of a source.
 * @throws UnusableInputError with file and line when the YAML is broken or an unrendered template.
 */
export function parseDocuments(source: Source): ManifestDocument[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(source.text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    // What is strange becomes a finding, not a warning of the process.
    logLevel: 'error',
  });
  const documents: Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  const mayBeTemplate = /\{\{|\$\{/.test(source.text);
  return documents.map((yaml, index) => {
    const [error] = yaml.errors;
    if (error) throw broken(source, lines, error.pos[0], error.message);
    if (mayBeTemplate && yaml.has('kind') && isTemplate(yaml)) {
      throw new UnusableInputError(`${source.file}: ${rendering}`);
    }
    return new ManifestDocument(source.file, index, yaml, lines, valueOf(source, yaml, lines));
  });
}

function broken({ file, text }: Source, lines: LineCounter, offset: number, message: string) {
  const { line, col } = lines.linePos(offset);
  const hint = looksLikeTemplate(text) ? rendering : `Mend ${file} and check again.`;
  return new UnusableInputError(`${file}:${line}:${col}: broken YAML: ${message}. ${hint}`);
}

/** An alias without an anchor shows only when the value is built. */
function valueOf(source: Source, yaml: Document.Parsed, lines: LineCounter): unknown {
  try {
    return yaml.toJS();
  } catch (error) {
    let offset = yaml.range[0];
    visit(yaml, {
      Alias(_, alias) {
        if (alias.resolve(yaml)) return undefined;
        offset = alias.range?.[0] ?? offset;
        return visit.BREAK;
      },
    });
    throw broken(source, lines, offset, (error as Error).message);
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
