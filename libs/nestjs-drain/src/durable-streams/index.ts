export { DurableStreamsModule } from './durable-streams.module.js';
export { type DurableStreamsOptions } from './read-request.js';
