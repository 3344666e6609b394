import { type Document, isScalar, type Pair, visit } from 'yaml';

/** Calls that only templates of Helm's kind hold. */
const call =
  /\{\{-?\s*(\.(Values|Release|Chart|Capabilities|Template|Files)\b|(include|template|if|else|range|with|end|define|toYaml|tpl|default|quote|printf)\b|\$)/;

/** A whole value that `envsubst` or Flux fills in: `${PORT}`, `${PORT:-80}`. */
const substituted = /^\$\{\w+(:?[-=+?][^}]*)?\}$/;
/** Fields that hold no text of a program: there the value must be there. */
const decided = /^(replicas|containerPort|port|targetPort|hostPort|periodSeconds|type|protocol)$/;

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
  let found = document.getIn(['metadata', 'name'], false)?.toString().includes('${') === true;
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.key) && !isSubstituted(pair)) return undefined;
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

const isSubstituted = ({ key, value }: Pair): boolean =>
  isScalar(key) &&
  decided.test(String(key.value)) &&
  isScalar(value) &&
  typeof value.value === 'string' &&
  substituted.test(value.value);
