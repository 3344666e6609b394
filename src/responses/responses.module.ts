import { Module } from '@nestjs/common';
import { ModelsController } from '../models/models.controller.js';
import { ModelsModule } from '../models/models.module.js';
import { ActiveResponses } from './active-responses.js';
import { IdempotencyKeys } from './idempotency.js';
import { KeptResponses } from './kept-responses.js';
import { KeptResponsesController } from './kept-responses.controller.js';
import { ResponseDirectory } from './response-directory.js';
import { ResponseLog } from './response-log.js';
import { ResponseStreams } from './response-streams.js';
import { ResponsesController } from './responses.controller.js';
import { ResponsesService } from './responses.service.js';

@Module({
  imports: [ModelsModule],
  controllers: [ModelsController, ResponsesController, KeptResponsesController],
  providers: [
    ...[ResponsesService, KeptResponses, ResponseStreams],
    ...[ResponseDirectory, ResponseLog, IdempotencyKeys, ActiveResponses],
  ],
  exports: [ActiveResponses, ResponseLog],
})
export class ResponsesModule {}
