import { resumingFetch } from '../client/index.js';

const terminal = /^(response\.(completed|failed|incomplete|cancelled)|error)$/;

/**
 * Streams one answer, from as many pods as it takes, and returns its last event. `reader` hears of
 * every pod that answers, of the response's id, of the text, of connections that were lost, and of tries that no pod
 * answered.
 */
export async function streamReply(request, signal, reader) {
  const init = {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      // Allows the client to send the question again if its connection broke before an answer.
      'Idempotency-Key': newKey(),
    },
    body: JSON.stringify(request),
    signal,
  };
  const events = resumingFetch('/v1/responses', init, {
    position: 'starting_after',
    isTerminal: ({ type }) => terminal.test(type),
    fetch: reported(reader),
  });
  for await (const { data } of events) {
    const event = JSON.parse(data);
    if (event.type === 'response.created') reader.created(event.response.id);
    if (event.type === 'response.output_text.delta') reader.write(event.delta);
    if (terminal.test(event.type)) return event;
  }
}

/** The client reconnects by itself; here is only shown that and where it does. */
function reported(reader) {
  let connected = false;
  return async (url, init) => {
    if (connected) reader.lost();
    connected = true;
    const response = await fetch(url, init).catch((error) => {
      if (!init.signal.aborted) reader.unanswered();
      throw error;
    });
    if (response.ok) reader.answeredBy(response.headers.get('X-Pod') ?? 'an unnamed pod');
    else if (response.status >= 500) reader.unanswered();
    return response;
  };
}

/** Not `crypto.randomUUID`, which pages without TLS lack. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join('-');
}
