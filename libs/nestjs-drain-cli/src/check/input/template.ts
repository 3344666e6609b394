import { type Document, isScalar, visit } from 'yaml';

/** Calls that only templates of Helm's kind hold. */
const call =
  /\{\{-?\s*(\.(Values|Release|Chart|Capabilities|Template|Files)\b|(include|template|if|else|range|with|end|define|toYaml|tpl|default|quote|printf)\b|\$)/;

/** Kinds whose texts may hold templates of other programs. */
const holdsTexts = /^(ConfigMap|Secret|CustomResourceDefinition|Workflow.*|PrometheusRule)$/;

/** Does a text that is broken YAML look like a template (Helm, Jinja, ERB)? */
export const looksLikeTemplate = (text: string): boolean =>
  /\{\{|\{%|<%/.test(text.replaceAll(/^\s*#.*$/gm, ''));

/**
 * Is the document an unrendered template that is valid YAML by accident? `replicas: {{ .Values.n }}`
 * parses to a map whose key is a map, and a quoted call to a text.
 */
export function isTemplate(document: Document.Parsed): boolean {
  if (holdsTexts.test(String(document.get('kind')))) return false;
  let found = false;
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.key)) return undefined;
      found = true;
      return visit.BREAK;
    },
    Scalar(_, { value, type }) {
      if (typeof value !== 'string' || type?.startsWith('BLOCK') || !call.test(value)) return;
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}
