export {
  GracefulShutdownModule,
  type DynamicOptions,
  type GracefulShutdownAsyncOptions,
  type GracefulShutdownOptions,
  type StaticOptions,
} from './graceful-shutdown.module.js';
export { type ControlAccess, type ControlRoutes } from './control/options.js';
export { Management } from './control/management.decorator.js';
export { type Admission, type Refusal } from './core/admission.js';
export { type DrainEvent } from './core/events.js';
export { InvalidDrainOptionsError, type DrainOptions } from './core/options.js';
export { type DrainPhase } from './core/phase.js';
export { describeReport, type DrainReport } from './core/report.js';
export { DrainResetError, ResetRefusedError } from './core/reset.js';
export {
  StreamAbortedError,
  type StreamHandle,
  type StreamKind,
  type StreamProgress,
} from './core/stream-handle.js';
export { type StreamOutcome, type StreamTally } from './core/tally.js';
export { type WaveOptions } from './core/wave-schedule.js';
export { type DrainDiagnostics } from './diagnostics/channels.js';
export { LivenessIndicator, ReadinessIndicator } from './health/indicators.js';
export { type HealthOptions } from './health/options.js';
export { Uncounted } from './http/uncounted.guard.js';
export { CurrentStream } from './nest/current-stream.decorator.js';
export { DrainSignal } from './nest/drain-signal.decorator.js';
export { DrainableStream } from './nest/drainable-stream.decorator.js';
export { DrainableTask } from './nest/drainable-task.decorator.js';
export { type Farewell, type LastWords } from './nest/farewell.js';
export { type AfterDrain, type BeforeDrain } from './nest/lifecycle.js';
export { type ModuleOptions, type ProcessOptions } from './nest/options.js';
export { ShutdownService, type DrainSnapshot } from './nest/shutdown.service.js';
export { StreamCursor } from './nest/stream-cursor.decorator.js';
export { StreamFinishedException } from './nest/resumption-refusal.js';
export { StreamRefusedException } from './nest/stream-refused.exception.js';
export { type DrainableStreamOptions, type ResumableOptions } from './nest/stream-route.js';
