type Method = (...args: never[]) => unknown;

/**
 * Makes `replacement` pass for the method that it stands for: its name, and the metadata that other
 * decorators have left on it, so that their order does not matter.
 */
export function replaceMethod<T extends object>(
  method: Method,
  key: string | symbol,
  replacement: T,
): T {
  Object.defineProperty(replacement, 'name', { value: key });
  for (const metadata of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(metadata, Reflect.getMetadata(metadata, method), replacement);
  }
  return replacement;
}
