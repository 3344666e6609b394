import { formatDuration } from '../duration.js';
import { drainNeeded, type Circumstances, type Loss } from './loss.js';

/** How soon after SIGTERM the pod exited, if it got one. */
export function afterSignal(losses: readonly Loss[]): string {
  const pod = losses[0]?.pod;
  const [signal, exit] = [pod?.at('sigterm'), pod?.at('exited')];
  if (signal === undefined || exit === undefined) return '';
  return `${formatDuration(exit - signal)} after SIGTERM `;
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

export function announced(losses: readonly Loss[]): string {
  const without = losses.filter(({ attempt }) => !attempt.announcedClose).length;
  return without > 0 ? `, ${without} of them without Connection: close` : '';
}

export function timeout(losses: readonly Loss[], circumstances: Circumstances): string {
  if (circumstances.streamLength === 0) return '';
  return ` (drain timeout ≥ ${formatDuration(drainNeeded(losses, circumstances))})`;
}
