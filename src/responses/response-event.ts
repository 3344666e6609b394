import type {
  Response,
  ResponseCompletedEvent,
  ResponseCreatedEvent,
  ResponseFailedEvent,
  ResponseInProgressEvent,
  ResponseIncompleteEvent,
} from 'openai/resources/responses/responses';
import type { OutputEvent, Usage } from '../models/model.js';

/** A response as it travels: `output_text` is added by the client. */
export type ResponseBody = Omit<Response, 'output_text' | 'incomplete_details' | 'usage'> & {
  /** OpenAI's reasons, and ours where none of them is true: `shutting_down`. */
  incomplete_details: { reason: string } | null;
  usage?: Usage;
};

type Carrying<Event> = Omit<Event, 'response'> & { response: ResponseBody };

/** The events of a response, numbered from 0 without a gap. The last one carries the final state. */
export type ResponseEvent =
  | OutputEvent
  | Carrying<ResponseCreatedEvent>
  | Carrying<ResponseInProgressEvent>
  | Carrying<ResponseCompletedEvent>
  | Carrying<ResponseIncompleteEvent>
  | Carrying<ResponseFailedEvent>;
