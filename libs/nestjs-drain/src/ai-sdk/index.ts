export { UIMessageStream, type UIMessageStreamOptions } from './ui-message-stream.decorator.js';
