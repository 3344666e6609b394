import { readFileSync } from 'node:fs';

/**
 * The modules of `nestjs-drain-client` as they were built, under `client/`, the entry
 * first: what a browser has to fetch. They import each other and nothing else.
 */
export function clientModules(): Map<string, string> {
  const entry = new URL(import.meta.resolve('nestjs-drain-client'));
  const root = new URL('./', entry).href;
  const modules = new Map<string, string>();
  const visit = (url: URL): void => {
    const path = `client/${url.href.slice(root.length)}`;
    if (modules.has(path)) return;
    const source = readFileSync(url, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
    modules.set(path, source);
    for (const [, specifier = ''] of source.matchAll(/ from '([^']+)'/g)) {
      visit(new URL(specifier, url));
    }
  };
  visit(entry);
  return modules;
}
