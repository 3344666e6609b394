import { Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { closest } from '../../model/closest.js';
import { podTemplateOf } from '../../model/kinds.js';
import { roleAnnotation } from '../../model/role.js';
import {
  annotations,
  longestStreamAnnotation,
  read,
  type SettingName,
} from '../../model/settings.js';
import { type Problem, type Rule } from '../../rule.js';

const prefix = 'nestjs-drain/';
const ignore = `${prefix}ignore`;
const names = [ignore, roleAnnotation, longestStreamAnnotation, ...Object.values(annotations)];

/** Checks the annotations of this check itself; `ids` are the rules that can be switched off. */
export const annotationUnknown = (ids: () => readonly string[]): Rule => ({
  id: 'annotation-unknown',
  severity: 'error',
  title: 'An annotation of this check that it does not understand',
  why: 'A mistyped rule under nestjs-drain/ignore switches nothing off, and a setting that cannot be read declares nothing.',
  *check({ resources }) {
    for (const resource of resources) {
      for (const [key, field] of ownAnnotations(resource)) {
        const fault = faultOf(key, field, ids());
        if (fault) yield { resource, field, ...fault };
      }
    }
  },
});

function ownAnnotations(resource: Resource): [string, Field][] {
  const places = [resource.root, podTemplateOf(resource)].flatMap((each) => each ?? []);
  return places
    .filter((place, index) => index === 0 || place.path.length > resource.root.path.length)
    .flatMap((place) => place.at('metadata', 'annotations').entries)
    .filter(([key]) => key.startsWith(prefix));
}

type Fault = Pick<Problem, 'message' | 'edits'>;

function faultOf(key: string, field: Field, ids: readonly string[]): Fault | undefined {
  if (!names.includes(key)) {
    const near = closest(key, names);
    const right = near && new Field(field.document, [...field.path.slice(0, -1), near], undefined);
    return {
      message: `${key} is no annotation of this check${near ? `; ${near} is` : ''}.`,
      edits: [
        { field, value: undefined },
        ...(right ? [{ field: right, value: field.value }] : []),
      ],
    };
  }
  if (key === ignore) return ignoreFault(field, ids);
  const valid = isValid(key, field);
  const value = key === roleAnnotation ? 'service' : key === annotations.signals ? 'true' : '300';
  return valid
    ? undefined
    : { message: `${key}: ${field.text ?? ''} cannot be read.`, edits: [{ field, value }] };
}

function ignoreFault(field: Field, ids: readonly string[]): Fault | undefined {
  const listed = (field.text ?? '').split(',').map((each) => each.trim());
  const unknown = listed.filter((each) => each !== '*' && !ids.includes(each));
  if (unknown.length === 0) return undefined;
  const corrected = listed.flatMap((each) =>
    unknown.includes(each) ? (closest(each, ids) ?? []) : each,
  );
  return {
    message: `${unknown.join(', ')}: no such rule (nestjs-drain check --rules lists them).`,
    edits: [{ field, value: corrected.length > 0 ? corrected.join(', ') : undefined }],
  };
}

function isValid(key: string, field: Field): boolean {
  if (key === roleAnnotation) return /^(service|worker)$/.test(field.text ?? '');
  if (/^\$\(\w+\)$/.test(field.text ?? '')) return true;
  const setting = Object.entries(annotations).find(([, name]) => name === key)?.[0];
  return read((setting ?? 'timeout') as SettingName, field) !== undefined;
}
