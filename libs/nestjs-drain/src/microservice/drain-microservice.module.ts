import { Module, type DynamicModule } from '@nestjs/common';
import { MessageServers } from './message-server.js';

/**
 * Lets the drain wait for the message handlers of every microservice of the application: of
 * `createMicroservice()` and of each `connectMicroservice()`. Import it once, beside
 * `GracefulShutdownModule`. For gRPC there is `DrainGrpcModule`.
 */
@Module({ providers: [MessageServers] })
export class DrainMicroserviceModule {
  /** The same as the module alone, which has no options. */
  static forRoot(): DynamicModule {
    return { module: DrainMicroserviceModule };
  }
}
