import { expect, test } from '@jest/globals';
import { watcherOf } from './environment.js';

test.each<[string | undefined, NodeJS.ProcessEnv]>([
  ['node --watch', { WATCH_REPORT_DEPENDENCIES: '1' }],
  ['nest start --watch', { npm_lifecycle_script: 'nest start --watch' }],
  ['nest start --watch', { npm_lifecycle_script: 'nest start api --debug -w' }],
  ['nest start --watch', { npm_lifecycle_script: 'npm run build && nest start --watch' }],
  [undefined, { npm_lifecycle_script: 'nest start' }],
  [undefined, { npm_lifecycle_script: 'nest start --watchAssets' }],
  [undefined, { npm_lifecycle_script: 'nest start & tsc --watch' }],
  [undefined, { npm_lifecycle_script: 'jest --watch' }],
  [undefined, { npm_lifecycle_script: 'node dist/main', NODE_ENV: 'development' }],
  [undefined, {}],
])('%s restarts a process with %j', (watcher, environment) => {
  expect(watcherOf(environment)).toBe(watcher);
});
