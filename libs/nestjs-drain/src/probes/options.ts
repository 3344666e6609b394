/** Where the probes are. Each path may be left out with `false`. */
export interface HealthOptions {
  /** Default `health`. */
  liveness?: string | false;
  /** Default `ready`. */
  readiness?: string | false;
  /** Default `startup`. */
  startup?: string | false;
}
