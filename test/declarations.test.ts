import { expect, test } from '@jest/globals';
import { unnamedTypesOf } from './support/inferred-types.js';

/** Of the library's own adapters: an application calls `open()`. */
const inner = ['StreamAdmission.admit (Admission)', 'StreamAdmission.admit (HttpTransport)'];

/** What is asked of a client that the application hands over. */
const ofClients = ['IoredisClient', 'NodeRedisClient', 'NodeRedisCluster'].map(
  (client) => `${client}.duplicate (Subscriber)`,
);

test.each<[string, number, string[]]>([
  ['nestjs-drain', 150, inner],
  ['nestjs-drain-resume', 100, ofClients],
  ['nestjs-drain-client', 10, []],
])(
  'an application with `declaration: true` can name the type of whatever %s returns',
  (library, least, expected) => {
    const { looked, unnamed } = unnamedTypesOf(library);
    expect(looked).toBeGreaterThan(least);
    expect(unnamed).toEqual(expected);
  },
);
