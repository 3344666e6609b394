import { Server, type ServiceDefinition, type ServerInterceptor } from '@grpc/grpc-js';
import { GrpcMethod, Transport, type GrpcOptions } from '@nestjs/microservices';
import { UnknownInternalError, requireParts } from './internals.js';
import type { MicroserviceServer } from './nest-microservices.js';
import { PATTERN } from './nest-routes.js';

/** A gRPC method by its service, with or without the package in front, and its name. */
export interface RpcName {
  readonly service: string;
  readonly rpc: string;
}

/** The gRPC methods that a controller's method handles. */
export function rpcNamesOf(method: unknown): readonly RpcName[] {
  if (typeof method !== 'function') return [];
  return (Reflect.getMetadata(PATTERN, method) as RpcName[] | undefined) ?? [];
}

/**
 * Nest's decorator has to leave what `rpcNamesOf` reads, and grpc-js has to have what the drain calls.
 * @throws UnknownInternalError
 */
export function checkGrpc(): void {
  requireParts(Server.prototype, {
    owner: 'Server of @grpc/grpc-js',
    parts: ['drain', 'tryShutdown', 'forceShutdown', 'addService'],
    without: 'the drain can neither send GOAWAY nor shut the server',
  });
  const probe = { method: () => undefined };
  const descriptor = Object.getOwnPropertyDescriptor(probe, 'method');
  GrpcMethod('Service', 'Method')(probe, 'method', descriptor as PropertyDescriptor);
  const [name] = rpcNamesOf(probe.method);
  if (name?.service === 'Service' && name.rpc === 'Method') return;
  throw new UnknownInternalError(
    '@nestjs/microservices keeps the gRPC methods of a controller elsewhere than Nest 11 and 12 do: ' +
      'the drain cannot know which streams are subscriptions. Install a version of nestjs-drain that ' +
      'supports the installed version of @nestjs/microservices.',
  );
}

/** The parts of Nest's gRPC server that its type does not declare, or not as public. */
export interface NestGrpcServer {
  /** The address it listens on. */
  readonly url: string;
  options: GrpcOptions['options'];
  createClient(): Promise<Server>;
  close(): unknown;
}

/** @throws UnknownInternalError when Nest's gRPC server is not as 11 and 12 have it. */
export function asGrpcServer(server: MicroserviceServer): NestGrpcServer | undefined {
  if (server.transportId !== Transport.GRPC) return undefined;
  requireParts(server, {
    owner: `The microservice's ${server.constructor.name}`,
    parts: ['url', 'options', 'createClient'],
    without: 'the drain cannot see gRPC calls',
  });
  return server as unknown as NestGrpcServer;
}

/**
 * Puts an interceptor nearest to the transport, where it sees every call, and calls `made` with grpc-js's
 * server before Nest adds its services. Nest makes that server when it listens, from the options it has then.
 */
export function extendServer(
  server: NestGrpcServer,
  interceptor: ServerInterceptor,
  made: (server: Server) => void,
): void {
  const channelOptions = server.options.channelOptions as { interceptors?: unknown[] } | undefined;
  const interceptors = [interceptor, ...(channelOptions?.interceptors ?? [])];
  server.options = { ...server.options, channelOptions: { ...channelOptions, interceptors } };
  const createClient = server.createClient.bind(server);
  server.createClient = async () => {
    const created = await createClient();
    made(created);
    return created;
  };
}

/** Calls `added` with the full name of each service that is added from here on. */
export function onServiceAdded(server: Server, added: (name: string) => void): void {
  const addService = server.addService.bind(server);
  server.addService = (definition, implementation) => {
    addService(definition, implementation);
    added(nameOf(definition));
  };
}

function nameOf(definition: ServiceDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split('/')[1] ?? '';
}
