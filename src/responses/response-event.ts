import type {
  Response,
  ResponseCompletedEvent,
  ResponseContentPartAddedEvent,
  ResponseContentPartDoneEvent,
  ResponseCreatedEvent,
  ResponseFailedEvent,
  ResponseInProgressEvent,
  ResponseIncompleteEvent,
  ResponseOutputItemAddedEvent,
  ResponseOutputItemDoneEvent,
  ResponseOutputMessage,
  ResponseTextDeltaEvent,
  ResponseTextDoneEvent,
} from 'openai/resources/responses/responses';

/** A response as it travels: `output_text` is added by the client. */
export type ResponseBody = Omit<Response, 'output_text' | 'incomplete_details'> & {
  output: ResponseOutputMessage[];
  /** OpenAI's reasons, and ours where none of them is true: `shutting_down`. */
  incomplete_details: { reason: string } | null;
};

type Carrying<Event> = Omit<Event, 'response'> & { response: ResponseBody };

/** The events of a response, numbered from 0 without a gap. The last one carries the final state. */
export type ResponseEvent =
  | Carrying<ResponseCreatedEvent>
  | Carrying<ResponseInProgressEvent>
  | ResponseOutputItemAddedEvent
  | ResponseContentPartAddedEvent
  | ResponseTextDeltaEvent
  | ResponseTextDoneEvent
  | ResponseContentPartDoneEvent
  | ResponseOutputItemDoneEvent
  | Carrying<ResponseCompletedEvent>
  | Carrying<ResponseIncompleteEvent>
  | Carrying<ResponseFailedEvent>;
