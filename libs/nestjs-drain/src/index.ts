export {
  GracefulShutdownModule,
  type DynamicOptions,
  type GracefulShutdownAsyncOptions,
  type GracefulShutdownOptions,
  type GracefulShutdownOptionsFactory,
  type StaticOptions,
} from './graceful-shutdown.module.js';
export { type ControlAccess, type ControlRoutes } from './control/options.js';
export { Management } from './control/management.decorator.js';
export { type Admission, type Refusal } from './core/stream.js';
export { type DrainEvent } from './core/events.js';
export { InvalidDrainOptionsError, type DrainOptions } from './core/options.js';
export { type DrainPhase } from './core/phase.js';
export { describeReport, type DrainReport } from './core/report.js';
export { DrainResetError, ResetRefusedError } from './core/phase.js';
export {
  StreamAbortedError,
  type EndCause,
  type HandOff,
  type OpenStream,
  type StreamInfo,
  type StreamKind,
  type StreamProgress,
} from './core/stream.js';
export { type StreamOutcome, type StreamCounts } from './core/report.js';
export { type WaveOptions } from './core/waves.js';
export { type DrainDiagnostics } from './lifecycle/diagnostics.js';
export { LivenessIndicator, ReadinessIndicator } from './probes/indicators.js';
export { type HealthOptions } from './probes/options.js';
export { Uncounted } from './http/uncounted.guard.js';
export { CurrentStream } from './streams/parameters.js';
export { DrainSignal } from './streams/parameters.js';
export { DrainableStream } from './streams/drainable-stream.decorator.js';
export { DrainableTask } from './lifecycle/drainable-task.decorator.js';
export { type Farewell, type LastWords } from './streams/farewell.js';
export { type AfterDrain, type BeforeDrain } from './lifecycle/hooks.js';
export { type ModuleOptions, type ProcessOptions } from './lifecycle/options.js';
export { ShutdownService, type DrainSnapshot } from './lifecycle/shutdown.service.js';
export { StreamRefusedException } from './streams/stream-refused.exception.js';
export { type DrainableStreamOptions, type ResumableOptions } from './streams/stream-route.js';
