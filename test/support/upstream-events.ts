const place = { item_id: 'msg_up', output_index: 0, content_index: 0 };

function message(status: string, text?: string) {
  const content = text === undefined ? [] : [part(text)];
  return { id: 'msg_up', type: 'message', role: 'assistant', status, content };
}

function part(text: string) {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

/** What stands before the words of a message in a stream of the Responses API. */
export function messageBegins(): object[] {
  return [
    { type: 'response.output_item.added', output_index: 0, item: message('in_progress') },
    { type: 'response.content_part.added', ...place, part: part('') },
  ];
}

export function wordOf(delta: string): object {
  return { type: 'response.output_text.delta', ...place, delta, logprobs: [] };
}

export function messageEnds(text: string): object[] {
  return [
    { type: 'response.output_text.done', ...place, text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: part(text) },
    { type: 'response.output_item.done', output_index: 0, item: message('completed', text) },
  ];
}
