export { StreamElsewhereError } from './attended-reader.js';
export { withCodec, type PayloadCodec, type PayloadPlace } from './codec.js';
export {
  DrainResumeModule,
  type DrainResumeAsyncOptions,
  type DrainResumeOptions,
} from './drain-resume.module.js';
export {
  InvalidResumeOptionsError,
  ProductionStoppedError,
  StoreUnavailableError,
  StreamReadError,
  type StopReason,
} from './errors.js';
export { absence, newIncarnation, newStreamId } from './identifier.js';
export {
  LeaseKeeper,
  type KeptLease,
  type LeaseKeeperOptions,
  type LeaseListener,
} from './lease-keeper.js';
export { type MemoryBounds } from './memory-shelf.js';
export { MemoryResumeStore, type MemoryStoreOptions } from './memory-store.js';
export type * from './outcome.js';
export { ResumableProducer, type ProducerSurroundings } from './resumable-producer.js';
export { findStream, openReader, ResumableReader, type ReadRequest } from './resumable-reader.js';
export {
  ResumableStreams,
  type ResumableStreamsOptions,
  type Started,
  type StreamOrder,
  type TakenOver,
} from './resumable-streams.js';
export { type ResumeStore } from './store.js';
export type { NewStream, ResumeCursor, StreamEvent, StreamHead, StreamPage } from './stream.js';
export { StreamResumption, type StreamResumptionOptions } from './stream-resumption.js';
export { tailByReading, type TailSource } from './tail.js';
export type {
  Attended,
  AttendedStream,
  HandOff,
  HandOffTime,
  Production,
  ReaderlessTerms,
  ResumableOrder,
  ResumptionRefusal,
} from '../core/resumption.js';
