import { text, unlessFalse, type OptionChecks } from '../core/option-checks.js';

/** Where the probes are. Each path may be left out with `false`. */
export interface HealthOptions {
  /** Default `health`. */
  liveness?: string | false;
  /** Default `ready`. */
  readiness?: string | false;
  /** Default `startup`. */
  startup?: string | false;
}

const path = unlessFalse(text);
export const healthChecks: OptionChecks = { liveness: path, readiness: path, startup: path };
