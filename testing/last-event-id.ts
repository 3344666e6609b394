/**
 * The id that a client comes back with behind these events, by the letter of HTML (section 9.2.6): a connection begins
 * without one, and each empty line takes over the last one that the connection has brought.
 * @param before what the client has come with
 */
export function lastEventIdBehind(events: string, before = ''): string {
  let buffer = '';
  let last = before;
  for (const line of events.split(/\r\n|\r|\n/).slice(0, -1)) {
    if (line === '') last = buffer;
    else if (/^id(:|$)/.test(line)) buffer = line.replace(/^id:? ?/, '');
  }
  return last;
}
