export { systemClock, type Alarm, type AlarmClock, type Clock } from './clock.js';
export { type ChunkLog, type ChunkPage, type ChunkPlace } from './chunk-log.js';
export { type Chunk } from './chunks.js';
export { withCodec, type PayloadCodec, type PayloadPlace } from './codec.js';
export {
  ProductionStoppedError,
  StoreUnavailableError,
  StreamFailedError,
  StreamReadError,
  type StopReason,
} from './errors.js';
export { StreamElsewhereError, type FollowedStream } from './following-reader.js';
export { keyedStreamId } from './identifier.js';
export {
  KeyedStreams,
  type ChunkSource,
  type KeyedRun,
  type KeyedStreamOptions,
  type KeyedStreamsOptions,
  type MakeStream,
} from './keyed-streams.js';
export { linkSignals, type LinkedSignal } from './linked-signal.js';
export { type MemoryBounds } from './memory-log.js';
export { MemoryResumeStore, type MemoryStoreOptions } from './memory-store.js';
export { StreamRefusedError } from './stream-refused-error.js';
export { InvalidResumeOptionsError } from './options.js';
export {
  isEventSource,
  logAll,
  payloadsFrom,
  type EventSource,
  type LastPayloads,
  type PayloadOptions,
  type Payloads,
} from './payloads.js';
export { BacklogError } from './backlog.js';
export { type ConfirmedEvents, type Feed } from './confirmed-events.js';
export { ResumableProducer } from './producer.js';
export { type Production, UnreadStreamError, type UnreadPolicy } from './production.js';
export {
  findStream,
  openReader,
  type OpenedReader,
  type ReadPosition,
  ResumableReader,
  type ReadRequest,
} from './reader.js';
export {
  ResumableStreamService,
  type HandOff,
  type HandOffTime,
  type OpenedStream,
  type Peeked,
  type ResumableStreamServiceOptions,
  type ResumptionRefusal,
  type StartRequest,
} from './resumable-stream-service.js';
export type {
  Absent,
  Ahead,
  CancelRequest,
  Deletion,
  Found,
  ReadRefused,
  Replaced,
  ResumeCursor,
  ResumeStore,
  StreamEvent,
  StreamHead,
  StreamPage,
} from './store.js';
export {
  StreamProducers,
  type NewStreamRequest,
  type Started,
  type StreamProducersOptions,
  type TakenOver,
} from './stream-producers.js';
