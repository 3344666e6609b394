import { group } from 'd3-array';
import { type Server } from '../../model/manifests.js';
import {
  annotations,
  longestStreamAnnotation,
  type SettingName,
  settingNames,
} from '../../model/settings.js';
import { type Problem, type Rule, type Unknown } from '../../rule.js';

type Question = Unknown & { readonly rule: Rule };

const examples: Record<SettingName, string> = {
  timeout: '300',
  propagationDelay: '5',
  flushTimeout: '2',
  terminationGracePeriod: '330',
  signals: 'true',
};

const questions: Record<SettingName, string> = {
  timeout: 'how long a drain may last (timeout)',
  propagationDelay: 'how long new streams are still accepted (propagationDelay)',
  flushTimeout: 'how long farewells may take (flushTimeout)',
  terminationGracePeriod: 'which grace the service counts on',
  signals: 'whether it lets its streams end after SIGTERM',
};

/** One note per container: what nothing declares, and which rules could not judge for that. */
export const settingsUnknown: Rule & { judge(unknowns: readonly Question[]): Iterable<Problem> } = {
  id: 'settings-unknown',
  severity: 'note',
  title: 'A setting that decides is not declared',
  why: 'These times stand in the code of the service, and a manifest does not show them. What is not known is not judged, and not in order either. Declare them where they can be compared: by an annotation (`$(NAME)` takes the value of a variable of the container), by flags (--timeout, --propagation-delay, --flush-timeout), or by the running service (--url).',
  *check() {
    // Its problems are what the other rules could not judge: see `judge`.
  },
  *judge(unknowns) {
    for (const [server, asked] of group(unknowns, (each) => each.server))
      yield problem(server, asked);
  },
};

function problem({ workload, container }: Server, asked: readonly Question[]): Problem {
  const settings = settingNames.filter((name) => asked.some(({ setting }) => setting === name));
  const rules = [...new Set(asked.map(({ rule }) => rule.id))];
  return {
    resource: workload.resource,
    field: container.field,
    message: `Nothing says ${settings.map((name) => questions[name]).join(', nor ')} of ${container.name}; not judged: ${rules.join(', ')}.`,
    edits: settings.map((name) => ({
      field: workload.template.at('metadata', 'annotations', annotationOf(name, container.drains)),
      value: examples[name],
    })),
  };
}

/** Of a service that shows no sign of this library, only the length of its streams is asked. */
const annotationOf = (name: SettingName, drains: boolean): string =>
  name === 'timeout' && !drains ? longestStreamAnnotation : annotations[name];
