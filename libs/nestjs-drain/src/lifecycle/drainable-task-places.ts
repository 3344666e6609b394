import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { classesOf } from '../compat/classes.js';
import { handlerKindOf, type HandlerKind } from '../compat/handler-kind.js';
import { methodsOf } from '../compat/nest-routes.js';
import { isTask } from '../compat/task-mark.js';

const kinds: Record<HandlerKind, { readonly name: string; readonly remedy: string }> = {
  route: {
    name: 'an HTTP route',
    remedy: 'the drain waits for requests without it, and for a stream there is @DrainableStream()',
  },
  message: {
    name: 'a message handler',
    remedy:
      'import DrainMicroserviceModule of nestjs-drain/microservice, or DrainGrpcModule of nestjs-drain/grpc, which waits for it',
  },
  gateway: {
    name: 'a message handler of a gateway',
    remedy: 'import DrainWebSocketModule of nestjs-drain/websocket, which waits for it',
  },
  resolver: {
    name: 'a GraphQL resolver',
    remedy:
      'the drain waits for its request without it, and DrainGraphQLModule of nestjs-drain/graphql for operations over WebSockets',
  },
};

/**
 * Refuses `@DrainableTask()` on methods whose callers wait for an answer: skipped, they would answer nothing. When the application
 * starts, because the other decorators of a method may come later, and an instance may not be made before a request.
 */
@Injectable()
export class DrainableTaskPlaces {
  /** @throws TypeError with the remedy */
  constructor(modules: ModulesContainer) {
    for (const one of classesOf(modules)) {
      for (const [name, method] of methodsOf(one)) {
        const kind = isTask(method) ? handlerKindOf(method) : undefined;
        if (kind) throw refusal(`${one.name}.${name}`, kinds[kind]);
      }
    }
  }
}

const refusal = (method: string, { name, remedy }: (typeof kinds)[HandlerKind]): TypeError =>
  new TypeError(
    `${method}() is ${name}, and @DrainableTask() would skip it while draining: its caller would get an empty answer, ` +
      `and a message would be lost. Remove the decorator: ${remedy}.`,
  );
