/** The loopback ports of one replica: the main one under `''`, others under their names. */
export type Ports = ReadonlyMap<string, number>;

const placeholder = /\{port(?::([\w-]+))?\}/g;

/** Replaces `{port}` and `{port:name}` by the replica's own ports. */
export function fillPorts(text: string, ports: Ports): string {
  return text.replace(placeholder, (whole, name: string | undefined) => {
    const port = ports.get(name ?? '');
    return port === undefined ? whole : String(port);
  });
}

/** The names of the further ports that a text asks for with `{port:name}`. */
export function portNames(text: string): string[] {
  return [...text.matchAll(placeholder)].flatMap((match) => match[1] ?? []);
}
