import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { ChatController } from './chat.controller.js';
import { PageFiles } from './page-files.js';
import { podHeader } from './pod-header.js';

/** A page to chat on, and to watch which replica answers. It needs nothing but the service's own API. */
@Module({ controllers: [ChatController], providers: [PageFiles], exports: [PageFiles] })
export class ChatModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(podHeader).forRoutes('v1/responses', 'v1/responses/*path');
  }
}
