import { afterEach, describe, expect, it } from '@jest/globals';
import { resumingFetch } from './resuming-fetch.js';

describe('a request that cannot be sent', () => {
  const { fetch } = globalThis;
  afterEach(() => void (globalThis.fetch = fetch));

  it.each([
    ['/words', {}, 'The address is "/words", and a relative one is right in a browser only; set a'],
    ['http://', {}, 'The address is "http://"'],
    ['localhost:3000/words', {}, 'The address "localhost:3000/words" has no protocol; put http://'],
    ['http://localhost/', { method: 'NO GO' }, 'The request cannot be sent: '],
    ['http://localhost/', { headers: { 'a b': 'c' } }, 'The request cannot be sent: '],
    [
      'http://localhost/',
      { body: '{}' },
      "The request has a body and is a GET; set `method: 'POST'`",
    ],
  ])('is refused at once: %s %j', (address, init, message) => {
    const problem = { name: 'TypeError', message: expect.stringContaining(message) };
    expect(() => resumingFetch(address, init)).toThrow(expect.objectContaining(problem));
  });

  it('is refused where there is no fetch', () => {
    globalThis.fetch = undefined as never;
    expect(() => resumingFetch('http://localhost/')).toThrow('There is no `fetch` here; set the');
  });

  it('is one of the application, if it brings its fetch', async () => {
    const send = () => Promise.resolve(new Response(null, { status: 204 }));
    for await (const _ of resumingFetch('/words', {}, { fetch: send })) expect(_).toBeUndefined();
  });

  it('is not one with a body that can be read once', () => {
    const body = new Blob(['{}']).stream();
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect(() => resumingFetch('http://localhost/', init)).not.toThrow();
    expect(body.locked).toBe(false);
  });
});
