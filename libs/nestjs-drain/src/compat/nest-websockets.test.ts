import { Logger, type WebSocketAdapter } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { checkGatewayMetadata, observeAdapter, type AdapterObserver } from './nest-websockets.js';
import { engineOf, isEngineConnection, refuseSessions } from './socket-io.js';
import { isWebSocket, refuseHandshakes } from './ws.js';

const observer: AdapterObserver = {
  serverMade: () => undefined,
  clientCame: () => true,
  gateOf: () => undefined,
  closing: (close) => close(),
};

let warn: ReturnType<typeof spyOnWarnings>;
const spyOnWarnings = () =>
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
beforeEach(() => {
  warn = spyOnWarnings();
});
afterEach(() => warn.mockRestore());

test('this Nest keeps its gateways where they are looked for', () => {
  expect(() => checkGatewayMetadata()).not.toThrow();
});

test('a Nest without a place for adapters is refused at start', () => {
  expect(() => observeAdapter({} as ApplicationConfig, observer)).toThrow(
    'ApplicationConfig of @nestjs/core has no `getIoAdapter`: the drain cannot see WebSocket clients.',
  );
});

test('an adapter that cannot be observed is refused when Nest asks for it', () => {
  const config = new ApplicationConfig();
  observeAdapter(config, observer);
  config.setIoAdapter({ create: () => ({}) } as unknown as WebSocketAdapter);
  expect(() => config.getIoAdapter()).toThrow(
    /no `bindClientConnect`.*cannot see WebSocket clients/,
  );
});

test.each<[string, () => unknown, RegExp]>([
  [
    'a server without handshakes',
    () => refuseHandshakes({}, { refusal: () => 1, admitted: () => undefined }),
    /`handleUpgrade`.*with 503/,
  ],
  [
    'an engine without polling',
    () => refuseSessions({ handleUpgrade: 1 }, { refusal: () => 1, admitted: () => undefined }),
    /handleRequest/,
  ],
  ['a client of another library', () => isWebSocket({ end: 1 }), /cannot see the clients of this/],
  [
    'an engine.io without buffer',
    () => isEngineConnection({ transport: 1 }),
    /`writeBuffer`.*sees?/,
  ],
])('%s is named in a warning', (_, look, words) => {
  look();
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(words));
});

test('the engine of a namespace is that of its server', () => {
  const engine = {};
  expect(engineOf({ server: { engine } })).toBe(engine);
  expect(engineOf({ engine })).toBe(engine);
  expect(engineOf({ handleUpgrade: 1 })).toBeUndefined();
});
