export {
  GracefulShutdownModule,
  type GracefulShutdownAsyncOptions,
  type GracefulShutdownDynamicOptions,
  type GracefulShutdownOptions,
  type GracefulShutdownOptionsFactory,
} from './graceful-shutdown.module.js';
export { Management } from './control/management-port.js';
export { type ControlOptions } from './control/options.js';
export { type DrainEvent } from './core/events.js';
export { InvalidDrainOptionsError } from './core/option-checks.js';
export { DrainResetError, ResetRefusedError, type DrainPhase } from './core/phase.js';
export { type DrainReport, type StreamOutcome } from './core/report.js';
export {
  StreamAbortedError,
  type EndCause,
  type HandOff,
  type HandOffTime,
  type OpenStream,
  type StreamInfo,
  type StreamKind,
  type StreamProgress,
} from './core/stream.js';
export { type WaveOptions } from './core/waves.js';
export { DrainableTask } from './lifecycle/drainable-task.decorator.js';
export { type DrainDiagnostics } from './lifecycle/diagnostics.js';
export { type AfterDrain, type BeforeDrain } from './lifecycle/hooks.js';
export { ShutdownService, type DrainSnapshot } from './lifecycle/shutdown.service.js';
export {
  type IndicatorResult,
  LivenessIndicator,
  ReadinessIndicator,
} from './probes/indicators.js';
export { type HealthOptions } from './probes/probes.js';
export { DrainableStream } from './streams/drainable-stream.decorator.js';
export { type Farewell } from './streams/farewell.js';
export { CurrentStream, DrainSignal } from './streams/parameters.js';
export { StreamRefusedException } from './streams/refusals.js';
export {
  StreamAdmission,
  type ResponseStreamOptions,
  type UpgradeOptions,
} from './streams/stream-admission.js';
export { type DrainableStreamOptions } from './streams/stream-route.js';
