/**
 * How far apart the numbers at the end of two ids are; undefined if what stands before them differs. Numbers may be
 * greater than what a `number` can tell apart: those of snowflake ids are.
 */
export function distanceOf(before = '', after = ''): bigint | undefined {
  const [a, b] = [numbered(before), numbered(after)];
  return a && b && a.prefix === b.prefix ? b.number - a.number : undefined;
}

/**
 * `<stream>:<epoch>:<sequence>`, as nestjs-drain writes it (its PROTOCOL.md): the sequence counts on where another replica,
 * with another epoch, goes on with the stream.
 */
const logged = /^(.+):[0-9a-z]{9,11}:(\d+)$/s;

function numbered(id: string) {
  const match = logged.exec(id) ?? /^(.*?)(\d+)$/s.exec(id);
  return match && { prefix: match[1], number: BigInt(match[2] ?? '') };
}
