import { ApiError } from '../errors/api-error.js';
import type { PlacedEvent } from '../http/event-stream.js';
import { notAvailable } from './not-available.js';
import type { ResponseBody, ResponseEvent } from './response-event.js';
import { isTerminal } from './stored-response.js';

/**
 * Reads a response to its end. While nothing has been sent, half an answer is none: its caller asks again.
 * @throws ApiError (502) when the model failed, and 503 when the end is not to be had here.
 */
export async function wholeResponse(
  id: string,
  events: AsyncIterable<PlacedEvent<ResponseEvent>>,
): Promise<ResponseBody> {
  let last: ResponseEvent | undefined;
  for await (const { event } of events) last = event;
  // Another replica goes on with it, or its caller has left.
  if (!last || !isTerminal(last)) throw notAvailable('leaving', id);
  const { response } = last;
  refuseCutShort(response);
  if (response.error) throw new ApiError(502, response.error.message, { type: 'server_error' });
  return response;
}

/** @throws ApiError (503) for a response that the end of this replica has cut short. */
export function refuseCutShort({ id, incomplete_details }: ResponseBody): void {
  if (incomplete_details?.reason === 'shutting_down') throw notAvailable('leaving', id);
}
