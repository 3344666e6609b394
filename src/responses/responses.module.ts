import { Module } from '@nestjs/common';
import { ModelsModule } from '../models/models.module.js';
import { ResponseDirectory } from './response-directory.js';
import { ResponseLog } from './response-log.js';
import { ResponsesController } from './responses.controller.js';
import { ResponsesService } from './responses.service.js';

@Module({
  imports: [ModelsModule],
  controllers: [ResponsesController],
  providers: [ResponsesService, ResponseDirectory, ResponseLog],
})
export class ResponsesModule {}
