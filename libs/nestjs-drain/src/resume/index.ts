export {
  DrainResumeModule,
  type DrainResumeAsyncOptions,
  type DrainResumeOptions,
} from './drain-resume.module.js';
export { StreamFinishedException } from './resumption-refusal.js';
export { StreamCursor } from './stream-cursor.decorator.js';
