/** An event of a model's answer, as OpenAI's API has it: 145 bytes. */
export const payload = eventOf(' token');

export function eventOf(delta) {
  return JSON.stringify({
    type: 'response.output_text.delta',
    sequence_number: 1234,
    item_id: 'msg_0123456789abcdef',
    output_index: 0,
    content_index: 0,
    delta,
  });
}
