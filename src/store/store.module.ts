import { Module } from '@nestjs/common';
import { DrainResumeModule, type DrainResumeOptions } from 'nestjs-drain/resume';
import { CONFIGURATION, type Configuration } from '../configuration/configuration.js';
import { StoreConnection } from './store-connection.js';

@Module({ providers: [StoreConnection], exports: [StoreConnection] })
class StoreConnectionModule {}

/** Where responses are kept, so that they outlive their connection, and on Redis their pod. */
@Module({
  imports: [
    DrainResumeModule.forRootAsync({
      imports: [StoreConnectionModule],
      inject: [StoreConnection, CONFIGURATION],
      useFactory: async (
        connection: StoreConnection,
        { store }: Configuration,
      ): Promise<DrainResumeOptions> => ({
        store: await connection.open(),
        // A response says its whole text three times at its end.
        maxPendingBytes: 16 * 1024 * 1024,
        ...(store && { lease: store.lease, acrossReplicas: true }),
      }),
    }),
  ],
})
export class StoreModule {}
