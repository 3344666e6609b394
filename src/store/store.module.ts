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
        ...(store && { lease: store.lease, acrossReplicas: true }),
      }),
    }),
  ],
})
export class StoreModule {}
