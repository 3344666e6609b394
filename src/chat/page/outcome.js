/** How an answer ended, in words for a reader: what to show, and whether asking again makes sense. */

const incomplete = {
  max_output_tokens: 'The answer reached its longest length.',
  content_filter: 'The content filter ended the answer.',
  cancelled: 'This answer was stopped.',
};

const refused = {
  400: 'The service did not accept this question.',
  401: 'The service asks for a key that this page does not have.',
  403: 'The service asks for a key that this page does not have.',
  404: 'The service does not know this answer any more.',
  413: 'This question is too long for the service.',
  429: 'The service is busy. Wait a little.',
};

export const stopped = { state: 'stopped', remark: 'You stopped this answer.', canRepeat: true };

/**
 * @param response the last state of the response; undefined if none came
 * @param shown the text on the page
 */
export function outcomeOf(response, { text: shown, moves }) {
  const text = response?.output?.[0]?.content?.[0]?.text;
  if (response?.status === 'completed' && text === shown) {
    return { state: 'complete', remark: `Complete: ${wordsIn(text)}, ${movesOf(moves)}` };
  }
  if (response?.status === 'completed') {
    return broken('The text on this page differs from what the service has.');
  }
  if (response?.status === 'cancelled') return broken(incomplete.cancelled);
  if (response?.status === 'incomplete') {
    const reason = incomplete[response.incomplete_details?.reason];
    return broken(reason ?? 'The service restarted before this answer was complete.');
  }
  return broken('The model could not finish this answer.', response?.error?.message);
}

/** @param error what ended the reading */
export function outcomeOfError({ status, message, name }) {
  if (refused[status]) return broken(refused[status], message);
  const isLoss = name === 'ResumeFailedError' || name === 'LossError' || name === 'TypeError';
  return broken(isLoss ? 'No replica of the service answered.' : 'The answer broke off.', message);
}

function broken(remark, detail) {
  return { state: 'broken', remark, detail, canRepeat: true };
}

function wordsIn(text) {
  const count = text.split(/\s+/).filter(Boolean).length;
  return count === 1 ? '1 word' : `${count} words`;
}

function movesOf(moves) {
  if (moves === 0) return 'from one replica';
  return moves === 1 ? 'moved to another replica once' : `moved to another replica ${moves} times`;
}
