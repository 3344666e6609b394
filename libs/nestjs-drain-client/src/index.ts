export { type Clock } from './clock.js';
export { ResumeFailedError } from './errors.js';
export { type ServerSentEvent } from './event-parser.js';
export { type ResumableRequestOptions } from './resumable-request.js';
export {
  resumeResponses,
  type ResponseEventOf,
  type ResponseRequestOf,
  type ResponsesClient,
  type ResumeResponsesOptions,
} from './resume-responses.js';
export { resumingFetch, type ResumingFetchOptions } from './resuming-fetch.js';
export { createResumingResponse, resumingResponse } from './resuming-response.js';
export { type RetryOptions } from './retry-schedule.js';
