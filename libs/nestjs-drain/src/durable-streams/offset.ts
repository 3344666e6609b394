import type { ChunkPlace } from 'nestjs-drain-resume';

/** Strings that sort as their places do: the number of entries before it, and the history of the last one. */
export function offsetOf({ after, epoch }: ChunkPlace): string {
  return `${String(after + 1).padStart(16, '0')}_${(epoch ?? 0).toString(36)}`;
}

/** Undefined for what is no offset. Without one, or with `-1`, a client reads from the beginning. */
export function placeOf(offset: string | null): ChunkPlace | undefined {
  if (offset === null || offset === '-1') return { after: -1, epoch: undefined };
  const [, entries, epoch] = /^(\d{16})_([0-9a-z]{1,11})$/.exec(offset) ?? [];
  if (entries === undefined || epoch === undefined) return undefined;
  const after = Number(entries) - 1;
  return { after, epoch: after < 0 ? undefined : parseInt(epoch, 36) };
}
