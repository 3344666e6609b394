import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { clientModules } from './client-modules.js';

// From src/chat and from dist/chat alike: the page is served as it was written.
const folder = new URL('../../src/chat/page/', import.meta.url);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const headers = {
  // A page from before an update must not meet scripts from after it.
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Everything the chat page consists of, read once. A path that is not among it does not exist. */
@Injectable()
export class PageFiles {
  readonly #files = clientModules();

  constructor() {
    for (const name of readdirSync(folder)) {
      this.#files.set(`page/${name}`, readFileSync(new URL(name, folder), 'utf8'));
    }
    const preloads = [...this.#files.keys()]
      .filter((path) => path.endsWith('.js'))
      .map((path) => `<link rel="modulepreload" href="/chat/${path}" />`);
    const index = this.#files.get('page/index.html')!;
    this.#files.set('page/index.html', index.replace('<!-- modules -->', preloads.join('\n    ')));
  }

  /** The answer with this file, or undefined if there is none. */
  answer(path: string): Response | undefined {
    const body = this.#files.get(path);
    if (body === undefined) return undefined;
    return new Response(body, {
      headers: { ...headers, 'content-type': types[extname(path)]!, vary: 'Accept' },
    });
  }
}
