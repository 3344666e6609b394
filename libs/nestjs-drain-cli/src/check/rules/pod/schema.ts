import { type Resource } from '../../input/resource.js';
import { type SchemaFault, schemaFaults } from '../../model/schema.js';
import { type Problem, type Rule } from '../../rule.js';

export const schema: Rule = {
  id: 'schema',
  severity: 'error',
  title: "The manifest breaks Kubernetes' schema",
  why: 'The API server refuses such a manifest, or drops the value that it cannot read: the pod then runs with the default (a grace of 30 s, no hook), and streams are lost although the manifest seems to say otherwise.',
  fix: 'Turns a text that spells a number or a boolean into one.',
  async *check({ resources }) {
    for (const resource of resources) {
      for (const fault of await schemaFaults(resource)) yield problem(resource, fault);
    }
  },
};

function problem(resource: Resource, { path, message, wanted, remedy }: SchemaFault): Problem {
  const field = resource.root.at(...path);
  const base = { resource, field, message: `${message}.` };
  if (remedy) return { ...base, edits: [remedy], asks: true };
  const value = converted(field.text, wanted);
  if (value !== undefined) return { ...base, edits: [{ field, value }] };
  return {
    ...base,
    asks: true,
    advice: '# Give the field a value of the type that is named above.',
  };
}

/** The value that was meant, where the text leaves no doubt. */
function converted(text: string | undefined, wanted: string | undefined): unknown {
  if (text === undefined || wanted === undefined) return undefined;
  if (wanted === 'string') return text;
  if (wanted === 'boolean') return /^(true|false)$/.test(text) ? text === 'true' : undefined;
  const number = Number(text);
  return /integer|number/.test(wanted) && text.trim() !== '' && Number.isFinite(number)
    ? number
    : undefined;
}
