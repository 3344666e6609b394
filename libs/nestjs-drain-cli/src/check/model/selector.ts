import { type Field } from '../input/field.js';

export type Labels = ReadonlyMap<string, string>;

export function labelsOf(field: Field): Labels {
  return new Map(field.entries.map(([key, value]) => [key, value.text ?? '']));
}

/** Labels that controllers give to the pods: a template does not show them. */
const given =
  /^(statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index|pod-template-hash|rollouts-pod-template-hash|controller-revision-hash|pod-template-generation)$/;

/**
 * Does a plain map of labels, as in a Service, select these labels? An empty one selects nothing.
 * Labels that controllers give are taken for granted.
 */
export function matchesMap(selector: Field, labels: Labels): boolean {
  const compared = comparedEntries(selector);
  return (
    selector.entries.length > 0 && compared.every(([key, value]) => labels.get(key) === value.text)
  );
}

/** The entries of a map of labels that a template can answer. */
export const comparedEntries = (selector: Field): [string, Field][] =>
  selector.entries.filter(([key]) => !given.test(key));

/** Can the labels of a template tell what this map selects? */
export const isDecidedByTemplate = (selector: Field): boolean =>
  comparedEntries(selector).length === selector.entries.length;

/** Does a LabelSelector (matchLabels, matchExpressions) select these labels? An empty one selects all. */
export function matchesSelector(selector: Field, labels: Labels): boolean {
  if (!selector.exists) return false;
  return (
    selector.at('matchLabels').entries.every(([key, value]) => labels.get(key) === value.text) &&
    selector.at('matchExpressions').items.every((expression) => matches(expression, labels))
  );
}

function matches(expression: Field, labels: Labels): boolean {
  const actual = labels.get(expression.at('key').text ?? '');
  const listed = expression.at('values').items.some((value) => value.text === actual);
  switch (expression.at('operator').text) {
    case 'In':
      return actual !== undefined && listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    default:
      return false;
  }
}
