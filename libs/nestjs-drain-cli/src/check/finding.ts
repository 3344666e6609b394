import { remedyOf } from './mend/remedy.js';
import { type Edit, type Problem, type Rule, type Severity } from './rule.js';

/** A rule's problem at its place, ready to be reported. */
export interface Finding {
  readonly rule: Rule;
  readonly severity: Severity;
  readonly file: string;
  /** 1-based; where something is missing, the line of what it is missing from. */
  readonly line: number;
  /** `Kind/name`. */
  readonly resource: string;
  readonly message: string;
  /** YAML: patches of these resources and resources to add; or a sentence, when no change can be named. */
  readonly remedy: string;
  /** What `--fix` does here; empty when mending needs the owner's decision. */
  readonly edits: readonly Edit[];
}

export function findingOf(rule: Rule, problem: Problem): Finding {
  const { field, message, resource } = problem;
  return {
    rule,
    severity: problem.severity ?? rule.severity,
    file: field.file,
    line: field.line,
    resource: resource.toString(),
    message,
    // Asked for by few readers, and dear for thousands.
    get remedy() {
      return remedyOf(problem);
    },
    edits: rule.fix && !problem.asks ? (problem.edits ?? []) : [],
  };
}
