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
  readonly remedy: string;
  /** Empty when mending needs the owner's decision. */
  readonly edits: readonly Edit[];
}

export function findingOf(rule: Rule, problem: Problem): Finding {
  return {
    rule,
    severity: rule.severity,
    file: problem.field.file,
    line: problem.field.line,
    resource: problem.resource.toString(),
    message: problem.message,
    remedy: problem.remedy ?? rule.remedy,
    edits: problem.edits ?? [],
  };
}
