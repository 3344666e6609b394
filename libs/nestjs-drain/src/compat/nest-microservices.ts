import { AsyncLocalStorage } from 'node:async_hooks';
import type { ModulesContainer } from '@nestjs/core';
import type { MessageHandler, Server, Transport } from '@nestjs/microservices';
import { finalize, isObservable } from 'rxjs';
import type { Drain } from '../core/drain.js';
import type { Shutdown } from '../core/shutdown.js';
import { closeWithin } from './close-within.js';
import { expectParts, requireParts } from './internals.js';

/** A server of Nest, or a custom strategy. */
export type MicroserviceServer = Server & { readonly transportId?: Transport | symbol };

/**
 * Calls `found` with each server of the application's microservices as Nest makes it.
 * @throws UnknownInternalError
 */
export function findServers(
  modules: ModulesContainer,
  found: (server: MicroserviceServer) => void,
): void {
  requireParts(modules, {
    owner: 'ModulesContainer of @nestjs/core',
    parts: ['getRpcTargetRegistry'],
    without: 'the drain cannot see microservices',
  });
  modules.getRpcTargetRegistry<MicroserviceServer>().subscribe(found);
}

/**
 * Makes a server wait for the shutdown before it closes, whatever closes it: NestMicroservice closes
 * its server before any hook has run. Its close is waited for no longer than `flushTimeout`.
 * @returns the server's own `close`, which from here on works once, for a Listener to call.
 */
export function closeAfterShutdown(
  server: { close(): unknown },
  shutdown: Shutdown,
  drain: Drain,
): () => Promise<void> {
  const close = server.close.bind(server);
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> =>
    (closing ??= closeWithin(drain, `The microservice's ${server.constructor.name}`, close));
  server.close = async () => {
    await shutdown.run('close');
    await closeOnce();
  };
  return closeOnce;
}

/** One message, from its arrival until its handler has ended and its last reply has been handed over. */
export class Message {
  #holds = 0;

  constructor(
    /** What the transport brought it with: a TCP socket, a channel name. */
    readonly source: unknown,
    private readonly onEnd: (message: Message) => void,
  ) {}

  /** Keeps the message counted until the returned function is called. */
  hold(): () => void {
    this.#holds += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      if (this.#holds === 0) this.onEnd(this);
    };
  }
}

export interface MessageWatch {
  /** Whether a message from this source is handled; one that could not be answered is not. */
  readonly takes: (source: unknown) => boolean;
  readonly started: (message: Message) => void;
  readonly ended: (message: Message) => void;
  /** Whether the transport is closed: a reply that comes now has nowhere to go. */
  readonly isClosed: () => boolean;
}

type Respond = Parameters<Server['send']>[1];

/** What every Nest server has, and a custom strategy may lack: how a message comes in. */
interface ReceivingServer {
  handleMessage?: (...args: unknown[]) => unknown;
}

/**
 * Watches a server where all its messages pass, whatever module, guard or filter their handlers have:
 * `handleMessage` receives, `getHandlerByPattern` finds the handler, `send` replies.
 * @throws UnknownInternalError when a server has no handlers or replies that could be counted.
 */
export function countMessages(server: MicroserviceServer, watch: MessageWatch): void {
  const owner = `The microservice's ${server.constructor.name}`;
  requireParts(server, {
    owner,
    parts: ['getHandlerByPattern', 'send'],
    without:
      'the drain cannot see its messages. A custom strategy extends Server of @nestjs/microservices',
  });
  const current = new AsyncLocalStorage<Message>();
  const messageFrom = (source: unknown): Message => {
    const message = new Message(source, watch.ended);
    watch.started(message);
    return message;
  };
  watchArrival(server, owner, watch, (source, handle) => {
    const message = messageFrom(source);
    return current.run(message, () => holdWhile(message, handle));
  });
  const find = server.getHandlerByPattern.bind(server);
  server.getHandlerByPattern = (pattern) => {
    const handler = find(pattern);
    return handler && watched(handler, () => current.getStore() ?? messageFrom(pattern));
  };
  const send = server.send.bind(server);
  server.send = (replies, respond) => {
    const message = current.getStore() ?? messageFrom(undefined);
    return send(replies, holdUntilDisposed(message, respond, watch));
  };
}

function watchArrival(
  server: MicroserviceServer,
  owner: string,
  watch: MessageWatch,
  counted: (source: unknown, handle: () => unknown) => unknown,
): void {
  const isReceiving = expectParts(server, {
    owner,
    parts: ['handleMessage'],
    without:
      'a message is counted from its handler on; its way there and its events are not waited for',
  });
  if (!isReceiving) return;
  const receiving = server as unknown as Required<ReceivingServer>;
  const handleMessage = receiving.handleMessage.bind(server);
  receiving.handleMessage = (...args) => {
    if (!watch.takes(args[0])) return Promise.resolve();
    return counted(args[0], () => handleMessage(...args));
  };
}

/** A handler that answers with an Observable works until that has ended; events are not awaited by Nest. */
function watched(handler: MessageHandler, messageOf: () => Message): MessageHandler {
  return new Proxy(handler, {
    apply: (target, receiver, args: Parameters<MessageHandler>) => {
      const message = messageOf();
      return holdWhile(message, async () => {
        const result: unknown = await Reflect.apply(target, receiver, args);
        return isObservable(result) ? result.pipe(finalize(message.hold())) : result;
      });
    },
  });
}

async function holdWhile<T>(message: Message, work: () => T): Promise<Awaited<T>> {
  const release = message.hold();
  try {
    return await work();
  } finally {
    release();
  }
}

/** Nest 11 does not catch a reply that fails, and behind the deadline it would end the process. */
function holdUntilDisposed(message: Message, respond: Respond, watch: MessageWatch): Respond {
  const release = message.hold();
  return async (packet) => {
    // A serializer may make another object of it.
    const isLast = packet.isDisposed === true;
    try {
      return await respond(packet);
    } catch (error) {
      if (!watch.isClosed()) throw error;
      return undefined;
    } finally {
      if (isLast) release();
    }
  };
}
