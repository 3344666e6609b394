import { type Field } from '../input/field.js';

export type Labels = ReadonlyMap<string, string>;

export function labelsOf(field: Field): Labels {
  return new Map(field.entries.map(([key, value]) => [key, value.text ?? '']));
}

/** Does a plain map of labels, as in a Service, select these labels? An empty one selects nothing. */
export function matchesMap(selector: Field, labels: Labels): boolean {
  const { entries } = selector;
  return entries.length > 0 && entries.every(([key, value]) => labels.get(key) === value.text);
}

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
