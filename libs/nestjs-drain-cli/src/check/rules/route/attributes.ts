import { type Field } from '../../input/field.js';

/** One attribute of an AWS annotation that lists `name=value` pairs. */
export function attribute(annotation: Field, name: string): string | undefined {
  const pairs = annotation.text?.split(',').map((pair) => pair.trim().split('=')) ?? [];
  return pairs.find(([key]) => key === name)?.[1];
}

/** The annotation with one attribute set, the others kept. */
export function withAttribute(annotation: Field, name: string, value: string | number): string {
  const pairs = (annotation.text ?? '').split(',').map((pair) => pair.trim());
  const others = pairs.filter((pair) => pair !== '' && !pair.startsWith(`${name}=`));
  return [...others, `${name}=${value}`].join(',');
}
