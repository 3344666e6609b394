import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { GracefulShutdownModule } from 'nestjs-drain';
import { DrainMetricsModule } from 'nestjs-drain/metrics';
import { ChatModule } from './chat/chat.module.js';
import { ConfigurationModule } from './configuration/configuration.module.js';
import { CONFIGURATION, type Configuration } from './configuration/configuration.js';
import { ApiErrorFilter } from './errors/api-error.filter.js';
import { ExamplesController } from './examples/examples.controller.js';
import { ModelsModule } from './models/models.module.js';
import { ResponsesModule } from './responses/responses.module.js';
import { shutdownOptions } from './shutdown-options.js';
import { StoreModule } from './store/store.module.js';
import { StatusController } from './status/status.controller.js';

@Module({})
export class ServiceModule {
  static of(configuration: Configuration): DynamicModule {
    return {
      module: ServiceModule,
      imports: [
        ConfigurationModule.of(configuration),
        GracefulShutdownModule.forRootAsync({
          inject: [CONFIGURATION],
          useFactory: shutdownOptions,
        }),
        DrainMetricsModule.forRoot(),
        StoreModule,
        ModelsModule,
        ResponsesModule,
        ChatModule,
      ],
      controllers: [StatusController, ExamplesController],
      providers: [{ provide: APP_FILTER, useClass: ApiErrorFilter }],
    };
  }
}
