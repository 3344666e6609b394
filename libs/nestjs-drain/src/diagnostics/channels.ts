import { channel, type Channel } from 'node:diagnostics_channel';
import type { DrainEvent } from '../core/events.js';

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
