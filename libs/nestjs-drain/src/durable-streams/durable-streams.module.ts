import {
  All,
  Controller,
  type DynamicModule,
  Inject,
  Module,
  Param,
  Req,
  Res,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { KeyedStreams } from 'nestjs-drain-resume';
import { forRootDone, requireForRoot } from '../compat/for-root.js';
import type { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { answerRequest, type DurableStreamsOptions } from './read-request.js';

/**
 * The read side of the Durable Streams protocol for the streams of `KeyedStreams`: its clients read them by catch-up, long poll
 * and event stream. Needs `DrainResumeModule`. It writes nothing and takes nothing over: `run` and `join` do.
 */
@Module({ providers: [requireForRoot('DurableStreamsModule')] })
export class DurableStreamsModule {
  static forRoot(options: DurableStreamsOptions): DynamicModule {
    return {
      module: DurableStreamsModule,
      providers: [forRootDone],
      controllers: [controllerOf(options)],
    };
  }
}

function controllerOf(options: DurableStreamsOptions): Type {
  @Controller(options.path)
  @UseGuards(...(options.guards ?? []))
  class DurableStreamsController {
    constructor(
      @Inject(KeyedStreams) private readonly streams: KeyedStreams,
      @Inject(DRAIN) private readonly drain: Drain,
    ) {}

    @All(':key')
    read(
      @Param('key') key: string,
      @Req() request: object,
      @Res() response: object,
    ): Promise<void> {
      return answerRequest(this.streams, this.drain, options, { key, request, response });
    }
  }
  return DurableStreamsController;
}
