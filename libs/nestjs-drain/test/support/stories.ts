import { fileURLToPath } from 'node:url';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type ChannelOptions,
  type ClientReadableStream,
  type ServiceClientConstructor,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';

export const storiesProto = fileURLToPath(new URL('../fixtures/stories.proto', import.meta.url));

type Loaded = Record<string, Record<string, ServiceClientConstructor>>;
const { stories } = loadPackageDefinition(loadSync(storiesProto)) as unknown as {
  stories: Loaded[string];
};
const health = loadPackageDefinition(loadSync(healthProto, { enums: String })) as unknown as {
  grpc: { health: { v1: Record<string, ServiceClientConstructor> } };
};

export interface Part {
  readonly text: string;
}
export interface Answer<T> {
  readonly messages: T[];
  readonly status: StatusObject;
}

/** A real client of one service, on a connection of its own. */
export class GrpcClient {
  readonly #client: InstanceType<ServiceClientConstructor>;

  constructor(
    service: 'Stories' | 'News' | 'Health',
    private readonly address: string,
    options: ChannelOptions = {},
  ) {
    const Service = service === 'Health' ? health.grpc.health.v1[service] : stories?.[service];
    if (!Service) throw new Error(`There is no service ${service}`);
    this.#client = new Service(this.address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
  }

  /** Resolves with the answer, or rejects with the status. */
  async call<T = Part>(method: string, request: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const call = this.#client[method]?.bind(this.#client) as (
        ...args: [object, Metadata, (error: ServiceError | null, answer: T) => void]
      ) => unknown;
      call(request, new Metadata(), (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  stream<T = Part>(method: string, request: object = {}): ClientReadableStream<T> {
    const call = this.#client[method]?.bind(this.#client) as (
      request: object,
    ) => ClientReadableStream<T>;
    return call(request);
  }

  close(): void {
    this.#client.close();
  }
}

/** All of a stream, to its status, whatever that is. */
export function answerOf<T>(stream: ClientReadableStream<T>): Promise<Answer<T>> {
  const messages: T[] = [];
  return new Promise((resolve) => {
    stream.on('data', (message: T) => messages.push(message));
    stream.on('error', () => undefined);
    stream.on('status', (status: StatusObject) => resolve({ messages, status }));
  });
}
