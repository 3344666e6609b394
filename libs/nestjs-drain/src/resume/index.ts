export { type ResumableOptions } from '../core/resumption.js';
export {
  DrainResumeModule,
  type DrainResumeAsyncOptions,
  type DrainResumeOptions,
} from './drain-resume.module.js';
export { eventId, positionOf, type StreamPosition } from './position.js';
export { refusalException, StreamFinishedException } from './refusals.js';
export { KeyedStreams, ResumableStreamService, type ResumeCursor } from 'nestjs-drain-resume';
export { StreamCursor } from './stream-cursor.decorator.js';
