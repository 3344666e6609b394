import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, Sse } from '@nestjs/common';
import { concat, from, NEVER, of, Subject } from 'rxjs';

const events = Array.from({ length: 10 }, (_, index) => ({ data: { text: `word ${index}` } }));

let ending = new Subject();

/**
 * Ends the streams of `/ending`. Others may be opened then.
 * @param farewell the event that they send before; none if it is undefined
 */
export function endAll(farewell) {
  const ended = ending;
  ending = new Subject();
  if (farewell) ended.next(farewell);
  ended.complete();
}

/** What the streams of `/follow` send. */
export const ticks = new Subject();

/**
 * The same handlers for every variant of the application.
 * @param streamDecorators what else stands on the class of the streams
 */
export function controllers(streamDecorators) {
  class Plain {
    plain() {
      return { hello: 'world' };
    }

    /** Under way for a second. */
    async slow() {
      await pause(1000);
      return { hello: 'world' };
    }
  }
  decorateMethods(Plain, { plain: [Get('plain')], slow: [Get('slow')] });

  class Streams {
    /** Ten events at once, and the end. */
    stream() {
      return from(events);
    }

    /** One event, and then nothing more until the client ends it. */
    hold() {
      return concat(of({ data: 'open' }), NEVER);
    }

    /** One event, and its own end when the benchmark says so. */
    ending() {
      return concat(of({ data: 'open' }), ending);
    }

    /** One event, and then what the benchmark sends to all. */
    follow() {
      return concat(of({ data: 'open' }), ticks);
    }
  }
  decorateMethods(Streams, {
    stream: [Sse('stream')],
    hold: [Sse('hold')],
    ending: [Sse('ending')],
    follow: [Sse('follow')],
  });

  return [
    Reflect.decorate([Controller()], Plain),
    Reflect.decorate([...streamDecorators, Controller()], Streams),
  ];
}

/** What TypeScript does with the decorators of methods, so that nothing has to be compiled. */
export function decorateMethods(type, methods) {
  for (const [name, decorators] of Object.entries(methods)) {
    const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name);
    Object.defineProperty(
      type.prototype,
      name,
      Reflect.decorate(decorators, type.prototype, name, descriptor),
    );
  }
}
