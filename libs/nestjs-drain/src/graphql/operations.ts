import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  getOperationAST,
  Kind,
  OperationTypeNode,
  parse,
  type DocumentNode,
  type GraphQLError,
  type OperationDefinitionNode,
} from 'graphql';
import type { Context, ServerOptions } from 'graphql-ws';
import {
  extendGraphQLWs,
  tcpSocketOf,
  webSocketOf,
  type GraphQLWsHooks,
} from '../compat/graphql.js';
import { Drain } from '../core/drain.js';
import type { StreamRequest } from '../core/stream.js';
import { DRAIN } from '../core/tokens.js';
import { WaveSchedule } from '../core/waves.js';
import { Connection } from './connection.js';

export const GRAPHQL_OPTIONS = Symbol.for('nestjs-drain.GraphQLOptions');

export interface DrainGraphQLOptions {
  /**
   * The subscription fields that end by themselves, such as the progress of a job: the drain lets them
   * finish. All others are endless and start again on another replica. Default: none.
   */
  finite?: readonly string[];
}

type Subscribe = NonNullable<ServerOptions['onSubscribe']>;
type Subscribed = Awaited<ReturnType<Subscribe>>;
type Payload = Parameters<Subscribe>[2];

const refused: StreamRequest = { kind: 'subscription', route: 'GraphQL connection' };
const unopened = { end: () => undefined, destroy: () => undefined };

/** The operations of all graphql-ws connections, from their first message to their last. */
@Injectable()
export class Operations {
  readonly #connections = new Map<Context, Connection>();
  #stopWaves = (): void => undefined;

  constructor(
    private readonly modules: ModuleRef,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(GRAPHQL_OPTIONS) private readonly options: DrainGraphQLOptions,
  ) {
    drain.events.on('phaseChanged', () => this.#followPhase());
  }

  attach(): void {
    extendGraphQLWs(this.modules, (hooks) => this.#extend(hooks));
  }

  /** The application's own hooks run as before: first where they decide, last where they hear. */
  #extend(hooks: GraphQLWsHooks): GraphQLWsHooks {
    return {
      ...hooks,
      onConnect: (context) =>
        this.#admits(context) ? hooks.onConnect?.(context) : Promise.resolve(undefined),
      onSubscribe: async (context, id, payload) => {
        const decided = await hooks.onSubscribe?.(context, id, payload);
        // A list of errors is the application's own refusal.
        if (Array.isArray(decided)) return decided as readonly GraphQLError[];
        const begun = this.#begins(context, id, payload, decided);
        return begun ? decided : untilTheConnectionCloses();
      },
      onComplete: async (context, id, payload) => {
        await hooks.onComplete?.(context, id, payload);
        this.#connections.get(context)?.end(id);
      },
      onError: async (context, id, payload, errors) => {
        const replaced = await hooks.onError?.(context, id, payload, errors);
        this.#connections.get(context)?.end(id);
        return replaced;
      },
    };
  }

  /** A client that comes too late is closed as those before it were, and comes back elsewhere. */
  #admits(context: Context): boolean {
    const socket = webSocketOf(context);
    // What the drain cannot see is served all the same.
    if (!socket) return true;
    const { streams, upgrades } = this.drain;
    upgrades.claim(tcpSocketOf(context) ?? socket);
    const connection = new Connection(socket, this.drain);
    this.#connections.set(context, connection);
    socket.once('close', () => this.#connections.delete(context));
    if (!streams.isClosed) return true;
    streams.admit(refused, unopened);
    connection.close();
    return false;
  }

  #begins(context: Context, id: string, payload: Payload, decided: Subscribed): boolean {
    const connection = this.#connections.get(context);
    const operation = operationOf(payload, decided as { document?: DocumentNode } | undefined);
    // What is no operation is answered with an error by graphql-ws.
    if (!connection || !operation) return true;
    return connection.begin(id, this.#requestFor(operation));
  }

  #requestFor({ operation, selectionSet }: OperationDefinitionNode): StreamRequest {
    const { finite = [] } = this.options;
    const [field] = selectionSet.selections;
    const isFinite =
      operation !== OperationTypeNode.SUBSCRIPTION ||
      (field?.kind === Kind.FIELD && finite.includes(field.name.value));
    return { kind: isFinite ? 'finite' : 'subscription', route: `GraphQL ${operation}` };
  }

  /** By the drain's phase, not the event's: an observer may have reset it in between. */
  #followPhase(): void {
    const { phase, clock, options } = this.drain;
    this.#stopWaves();
    if (phase === 'serving') for (const one of this.#connections.values()) one.stay();
    if (phase !== 'draining') return;
    const waves = new WaveSchedule(clock, options.waves);
    // The core itself asks those with endless subscriptions.
    const open = [...this.#connections.values()].filter((one) => !one.isFollowed);
    this.#stopWaves = waves.run(open, options.timeout * 1000, (one) => one.leave());
  }
}

/** The operation that graphql-ws is about to run; undefined where it will find an error instead. */
function operationOf(
  { query, operationName }: Payload,
  decided: { document?: DocumentNode } | undefined,
): OperationDefinitionNode | undefined {
  try {
    return getOperationAST(decided?.document ?? parse(query), operationName) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The client asks again on its next connection; an error would be the answer to it. */
function untilTheConnectionCloses(): Promise<never> {
  return new Promise(() => undefined);
}
