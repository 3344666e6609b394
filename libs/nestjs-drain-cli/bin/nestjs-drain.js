#!/usr/bin/env node
// Committed, so that npm can link the command before the first build.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);

if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('nestjs-drain is not built yet: run `npm run build` in the repository first.');
  process.exitCode = 2;
}
