import { type PreStopHook } from './hook.js';
import { type Probe } from './probe.js';
import { portNames } from './template.js';

/** What a Deployment says about one pod. Durations in milliseconds. */
export interface PodPlan {
  /** The command of one replica; `{port}` stands for its own port. */
  readonly command: readonly string[];
  readonly directory: string;
  /** Added to this process's environment; values may hold `{port}`. */
  readonly environment: Readonly<Record<string, string>>;
  /** The variable that carries the port. */
  readonly portVariable: string;
  readonly gracePeriod: number;
  readonly preStop?: PreStopHook;
  readonly readiness: Probe;
  /** How long a replica may take until it is ready. */
  readonly startupTimeout: number;
}

/** Names of the ports beside the main one that the plan's texts mention. */
export function furtherPorts(plan: PodPlan): string[] {
  return [...new Set(portNames(JSON.stringify(plan)))];
}
