import { Inject, Injectable } from '@nestjs/common';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/token.js';
import { channels } from './channels.js';

/**
 * The drain's events on `node:diagnostics_channel`. Always wired, because an APM agent subscribes
 * by name and never sees the application's modules; without a subscriber it is one comparison.
 */
@Injectable()
export class Diagnostics {
  constructor(@Inject(DRAIN) drain: Drain) {
    drain.events.subscribe((event) => {
      const channel = channels[event.type];
      if (channel.hasSubscribers) channel.publish(event);
    });
  }
}
