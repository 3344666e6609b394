/**
 * Writes what the deletion of this pod costs, from its open streams: scale-in takes the cheapest pod first.
 * Steps of powers of two keep the writes few, as Kubernetes asks for.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const {
  POD_NAME,
  POD_NAMESPACE,
  STATUS_URL,
  TOKEN_FILE,
  API_URL = 'https://kubernetes.default.svc',
  INTERVAL_SECONDS = '15',
} = process.env;
const pod = `${API_URL}/api/v1/namespaces/${POD_NAMESPACE}/pods/${POD_NAME}`;

// PID 1 has no default handler.
process.once('SIGTERM', () => process.exit(0));

async function ask(url, options) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

async function cost() {
  const { active_streams: streams } = await ask(STATUS_URL);
  return String(Math.ceil(Math.log2(streams + 1)));
}

async function write(value) {
  // Kubernetes renews the token in the file.
  const token = await readFile(TOKEN_FILE, 'utf8');
  await ask(pod, {
    method: 'PATCH',
    headers: {
      Authorization: `Bearer ${token.trim()}`,
      'Content-Type': 'application/merge-patch+json',
    },
    body: JSON.stringify({
      metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': value } },
    }),
  });
}

let written;
for (;;) {
  try {
    const value = await cost();
    if (value !== written) await write(value);
    written = value;
  } catch (error) {
    // Without a cost the pod counts as one without streams, which is the default of all pods.
    console.error(`deletion cost: ${error.message}`);
  }
  await sleep(Number(INTERVAL_SECONDS) * 1000);
}
