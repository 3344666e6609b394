import { expect, it } from '@jest/globals';
import { type Change, inContainer, judge, variable } from '../../testing/judge.js';

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'chat' },
  spec: { selector: { app: 'chat' }, ports: [{ port: 80, targetPort: 'http' }] },
};
const hook = (preStop: object): Change => inContainer('lifecycle', { preStop });
const call = (port: unknown, headers?: string): Change => {
  const httpHeaders = headers === undefined ? [] : [{ name: headers, value: 'Bearer x' }];
  return hook({ httpGet: { path: '/shutdown/wait', port, httpHeaders } });
};
const program = (...options: string[]): Change =>
  hook({ exec: { command: ['node', 'node_modules/nestjs-drain/pre-stop.js', ...options] } });

it.each<[string, Change[], boolean]>([
  ['a hook on the port of the Service, by number', [call(8001)], true],
  ['by name', [call('http')], true],
  ['with a token', [call(8001, 'authorization')], false],
  ['with another header', [call(8001, 'X-Id')], true],
  ['on a port of its own', [call(9001), variable('MANAGEMENT_PORT', '9001')], false],
  ["the library's program, on the port of the Service", [program('--port', '8001')], true],
  ['on PORT', [program(), variable('PORT', '8001')], true],
  [
    'on MANAGEMENT_PORT',
    [program(), variable('PORT', '8001'), variable('MANAGEMENT_PORT', '9001')],
    false,
  ],
  ['with a token', [program(), variable('PORT', '8001'), variable('SHUTDOWN_TOKEN', 'x')], false],
  ['on a port that nothing shows', [program()], false],
])('control on the port of traffic: %s', async (_, changes, open) => {
  expect(await judge(changes, service)).toEqual(open ? ['control-on-traffic-port'] : []);
});
