import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { words } from './support/clients.js';
import { checkRendered, missingKubectl, renderText } from './support/manifests.js';
import { startService } from './support/service.js';

const folder = fileURLToPath(new URL('../k8s/recipes/', import.meta.url));
const recipes = readdirSync(folder);
const missing = missingKubectl();

(missing !== undefined ? describe.skip : describe)('check passes each recipe, rendered', () => {
  it.each(recipes)('k8s/recipes/%s, with nothing to note', (recipe) => {
    const { status, stdout } = checkRendered(renderText(`recipes/${recipe}`));
    expect([status, stdout]).toEqual([0, expect.stringMatching(/nothing that would lose a/)]);
  });
});

interface Patch {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** The part of the API server that the helper calls. */
async function startApi() {
  const patches: Patch[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { url = '', method = '', headers } = request;
      patches.push({
        path: `${method} ${url}`,
        authorization: headers.authorization,
        body: JSON.parse(body) as unknown,
      });
      response.setHeader('content-type', 'application/json').end('{}');
      for (const resolve of waiting.splice(0)) resolve();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    patches,
    next: () => new Promise<void>((resolve) => void waiting.push(resolve)),
    stop: () => void (server.closeAllConnections(), server.close()),
  };
}

const costs = (patches: readonly Patch[]): unknown[] =>
  patches.map(({ body }) => {
    const { metadata } = body as { metadata: { annotations: Record<string, string> } };
    return metadata.annotations['controller.kubernetes.io/pod-deletion-cost'];
  });

it('the helper of pod-deletion-cost writes what the open streams cost, once for each step', async () => {
  const service = await startService({ env: {} });
  const api = await startApi();
  const directory = mkdtempSync(join(tmpdir(), 'drain-'));
  writeFileSync(join(directory, 'token'), 'service-account\n');
  const first = api.next();
  const helper = spawn(process.execPath, [`${folder}pod-deletion-cost/pod-deletion-cost.mjs`], {
    env: {
      POD_NAME: 'chat-0',
      POD_NAMESPACE: 'chat',
      STATUS_URL: `${service.url}/shutdown/status`,
      TOKEN_FILE: join(directory, 'token'),
      API_URL: api.url,
      INTERVAL_SECONDS: '0.05',
    },
  });
  const ended = once(helper, 'exit');
  try {
    await first;
    const stream = {
      model: 'echo',
      input: words(9),
      stream: true,
      metadata: { tokens_per_second: '0.001' },
    };
    const open = async () =>
      fetch(`${service.url}/v1/responses`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(stream),
      });
    const second = api.next();
    const answers = [await open()];
    await second;
    const third = api.next();
    answers.push(await open(), await open());
    await third;
    for (const { body } of answers) await body?.cancel();
    while (costs(api.patches).at(-1) !== '0') await api.next();
  } finally {
    helper.kill('SIGTERM');
    await service.stop();
    api.stop();
    rmSync(directory, { recursive: true });
  }
  expect(await ended).toEqual([0, null]);
  const seen = costs(api.patches);
  expect(seen.slice(0, 3)).toEqual(['0', '1', '2']);
  expect(seen.filter((cost, index) => cost === seen[index - 1])).toEqual([]);
  expect(api.patches[0]).toMatchObject({
    path: 'PATCH /api/v1/namespaces/chat/pods/chat-0',
    authorization: 'Bearer service-account',
  });
});
