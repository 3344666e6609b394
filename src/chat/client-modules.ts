import { readFileSync } from 'node:fs';

/**
 * The modules of `nestjs-drain-client` and of what it depends on, as they were built, by the path they
 * are served under, the entry first: what a browser has to fetch. A browser resolves no package names,
 * so each becomes the path of its entry.
 */
export function clientModules(): Map<string, string> {
  const modules = new Map<string, string>();
  visit(modules, 'nestjs-drain-client', 'client');
  return modules;
}

/** @returns the path that the package's entry is served under. */
function visit(modules: Map<string, string>, name: string, folder: string): string {
  const entry = new URL(import.meta.resolve(name));
  const root = new URL('./', entry).href;
  const pathOf = (url: URL): string => `${folder}/${url.href.slice(root.length)}`;
  const add = (url: URL): void => {
    const path = pathOf(url);
    if (modules.has(path)) return;
    const source = readFileSync(url, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
    // Its place in the order, before those that it imports.
    modules.set(path, source);
    modules.set(
      path,
      source.replace(
        /(\bfrom\s*)(['"])([^'"]+)\2/g,
        (_, from: string, quote: string, to: string) => {
          if (to.startsWith('.')) {
            add(new URL(to, url));
            return from + quote + to + quote;
          }
          const target = visit(modules, to, `${folder}-${to.replace(/\W+/g, '-')}`);
          return `${from}${quote}${'../'.repeat(path.split('/').length - 1)}${target}${quote}`;
        },
      ),
    );
  };
  add(entry);
  return pathOf(entry);
}
