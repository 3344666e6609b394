import { AsyncLocalStorage } from 'node:async_hooks';
import type { MessageHandler, Server } from '@nestjs/microservices';
import { finalize, isObservable } from 'rxjs';

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
  readonly started: (message: Message) => void;
  readonly ended: (message: Message) => void;
}

type Respond = Parameters<Server['send']>[1];

/** What every Nest server has, and a custom strategy may lack: how a message comes in. */
interface ReceivingServer {
  handleMessage?: (...args: unknown[]) => unknown;
}

/**
 * Watches a server where all its messages pass, whatever module, guard or filter their handlers have:
 * `handleMessage` receives, `getHandlerByPattern` finds the handler, `send` replies.
 */
export function countMessages(server: Server, watch: MessageWatch): void {
  const current = new AsyncLocalStorage<Message>();

  const messageFrom = (source: unknown): Message => {
    const message = new Message(source, watch.ended);
    watch.started(message);
    return message;
  };

  const receiving = server as unknown as ReceivingServer;
  const handleMessage = receiving.handleMessage?.bind(server);
  if (handleMessage) {
    receiving.handleMessage = (...args) => {
      const message = messageFrom(args[0]);
      return current.run(message, () => holdWhile(message, () => handleMessage(...args)));
    };
  }

  const find = server.getHandlerByPattern.bind(server);
  server.getHandlerByPattern = (pattern) => {
    const handler = find(pattern);
    return handler && watched(handler, () => current.getStore() ?? messageFrom(pattern));
  };

  const send = server.send.bind(server);
  server.send = (replies, respond) => {
    const message = current.getStore() ?? messageFrom(undefined);
    return send(replies, holdUntilDisposed(message, respond));
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

function holdUntilDisposed(message: Message, respond: Respond): Respond {
  const release = message.hold();
  return async (packet) => {
    // A serializer may make another object of it.
    const isLast = packet.isDisposed === true;
    try {
      return await respond(packet);
    } finally {
      if (isLast) release();
    }
  };
}
