export { StreamElsewhereError } from './attended-reader.js';
export { systemClock, type Clock } from './clock.js';
export { withCodec, type PayloadCodec, type PayloadPlace } from './codec.js';
export {
  InvalidResumeOptionsError,
  ProductionStoppedError,
  StoreUnavailableError,
  StreamReadError,
  type StopReason,
} from './errors.js';
export { type MemoryBounds } from './memory-log.js';
export { MemoryResumeStore, type MemoryStoreOptions } from './memory-store.js';
export { ResumableProducer } from './resumable-producer.js';
export { findStream, openReader, ResumableReader, type ReadRequest } from './resumable-reader.js';
export {
  StreamProducers,
  type StreamProducersOptions,
  type Started,
  type NewStreamRequest,
  type TakenOver,
} from './resumable-streams.js';
export type * from './resumption.js';
export type { ResumeCursor, ResumeStore, StreamEvent, StreamHead } from './store.js';
export { ResumableStreamService, type ResumableStreamServiceOptions } from './stream-resumption.js';
