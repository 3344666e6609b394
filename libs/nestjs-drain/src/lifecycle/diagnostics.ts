import { channel, type Channel } from 'node:diagnostics_channel';
import { Inject, Injectable } from '@nestjs/common';
import type { DrainEvent } from '../core/events.js';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';

type Channels = { readonly [Type in DrainEvent['type']]: Channel };

/** One channel per event, under `nestjs-drain:` and the event's type. */
export const channels: Channels = {
  started: channel('nestjs-drain:started'),
  joined: channel('nestjs-drain:joined'),
  phaseChanged: channel('nestjs-drain:phaseChanged'),
  admitted: channel('nestjs-drain:admitted'),
  refused: channel('nestjs-drain:refused'),
  resumed: channel('nestjs-drain:resumed'),
  interrupted: channel('nestjs-drain:interrupted'),
  released: channel('nestjs-drain:released'),
  ended: channel('nestjs-drain:ended'),
};

/**
 * What each channel publishes: the event itself, in the turn of the fact. A subscriber reads it and
 * changes nothing.
 */
export type DrainDiagnostics = {
  readonly [Type in DrainEvent['type'] as `nestjs-drain:${Type}`]: Extract<
    DrainEvent,
    { type: Type }
  >;
};

/**
 * The drain's events on `node:diagnostics_channel`. Always wired, because an APM agent subscribes
 * by name and never sees the application's modules; without a subscriber it is one comparison.
 */
@Injectable()
export class Diagnostics {
  constructor(@Inject(DRAIN) drain: Drain) {
    for (const [type, channel] of Object.entries(channels) as [DrainEvent['type'], Channel][]) {
      drain.events.on(type, (event) => {
        if (channel.hasSubscribers) channel.publish(event);
      });
    }
  }
}
