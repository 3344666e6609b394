export { ResumeFailedError } from './errors.js';
export { EventParser } from './event-parser.js';
export { type ResumableRequestOptions } from './resumable-request.js';
export {
  resumeResponses,
  type ResponseEventOf,
  type ResponseRequestOf,
  type ResponsesClient,
  type ResumeResponsesOptions,
} from './resume-responses.js';
export { resumingFetch, type ResumingFetchOptions } from './resuming-fetch.js';
export { type RetryOptions } from './retry-schedule.js';
export { type ServerSentEvent } from './server-sent-event.js';
