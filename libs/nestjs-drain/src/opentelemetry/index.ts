export {
  DrainOpenTelemetryModule,
  type DrainOpenTelemetryOptions,
} from './drain-open-telemetry.module.js';
export { type Flushable } from './telemetry-flush.js';
