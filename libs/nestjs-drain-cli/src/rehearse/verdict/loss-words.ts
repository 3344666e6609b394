import { formatDuration } from '../duration.js';
import { drainNeeded, type Circumstances, type Loss } from './loss.js';

/** How soon after the stop signal the pod exited, if it got one. */
export function afterSignal(losses: readonly Loss[]): string {
  const pod = losses[0]?.pod;
  const [signal, exit] = [pod?.signal, pod?.at('exited')];
  if (signal === undefined || exit === undefined) return '';
  return `${formatDuration(exit - signal.at)} after ${signal.name} `;
}

export function on(losses: readonly Loss[]): string {
  return losses[0]?.pod?.name.replace('-', ' ') ?? 'an unknown pod';
}

function count(losses: readonly Loss[], one: string): string {
  return `${losses.length} ${one}${losses.length === 1 ? '' : 's'}`;
}

export const streams = (losses: readonly Loss[]) => count(losses, 'stream');
export const requests = (losses: readonly Loss[]) => count(losses, 'request');
export const connections = (losses: readonly Loss[]) => count(losses, 'new connection');

export function statuses(losses: readonly Loss[]): string {
  return [...new Set(losses.map(({ attempt }) => attempt.status))].join(' or ');
}

export function farewells(losses: readonly Loss[]): string {
  return [...new Set(losses.map(({ attempt }) => attempt.told))].join(' or ');
}

export function announced(losses: readonly Loss[]): string {
  const without = losses.filter(({ attempt }) => !attempt.announcedClose).length;
  return without > 0 ? `, ${without} of them without Connection: close` : '';
}

/** In brackets, how long to wait for streams. */
export function timeout(losses: readonly Loss[], circumstances: Circumstances): string {
  return circumstances.advice.drainFor(drainNeeded(losses, circumstances));
}
