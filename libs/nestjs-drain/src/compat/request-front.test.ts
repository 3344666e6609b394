import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { seeFirst, standBefore } from './request-front.js';

function setUp() {
  const called: string[] = [];
  const listener = (name: string): RequestListener => {
    return () => void called.push(name);
  };
  const server = createServer(listener('framework'));
  const ask = (): string[] => {
    called.length = 0;
    server.emit('request', {}, {});
    return called;
  };
  return { called, listener, server, ask };
}

describe('the listener that sees every request first', () => {
  it('stands before a front, and is one listener with it', () => {
    const { called, listener, server, ask } = setUp();
    standBefore(server, () => called.push('front') === 0);
    seeFirst(server, listener('first'));
    expect(ask()).toEqual(['first', 'front', 'framework']);
    expect(server.listenerCount('request')).toBe(1);
  });

  it('leaves what a front answers to it', () => {
    const { called, listener, server, ask } = setUp();
    standBefore(server, () => called.push('front') > 0);
    seeFirst(server, listener('first'));
    expect(ask()).toEqual(['first', 'front']);
  });

  it('stands before the listeners of others, which can still be taken away', () => {
    const { called, listener, server, ask } = setUp();
    standBefore(server, () => called.push('front') === 0);
    const other = listener('other');
    server.on('request', other);
    seeFirst(server, listener('first'));
    expect(ask()).toEqual(['first', 'front', 'framework', 'other']);
    server.off('request', other);
    expect(ask()).toEqual(['first', 'front', 'framework']);
  });

  it('calls what was added by `once` before the front once', () => {
    const { called, listener, server, ask } = setUp();
    server.once('request', listener('once'));
    standBefore(server, () => called.push('front') === 0);
    expect(ask()).toEqual(['front', 'framework', 'once']);
    expect(ask()).toEqual(['front', 'framework']);
  });

  it('stands before a framework without a front', () => {
    const { listener, server, ask } = setUp();
    seeFirst(server, listener('first'));
    expect(ask()).toEqual(['first', 'framework']);
    expect(server.listenerCount('request')).toBe(2);
  });

  it('is seen with its front by a listener that is prepended later', () => {
    const { called, listener, server, ask } = setUp();
    standBefore(server, () => called.push('front') === 0);
    seeFirst(server, listener('first'));
    server.prependListener('request', listener('later'));
    expect(ask()).toEqual(['later', 'first', 'front', 'framework']);
  });
});
