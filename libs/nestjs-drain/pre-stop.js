/**
 * A preStop hook for `exec`: calls `GET /shutdown/wait` of this pod over loopback and ends with the drain.
 *
 *     exec: { command: [node, node_modules/nestjs-drain/pre-stop.js] }
 *
 * It needs nothing but node: no shell, no package. It exits with 0 when the drain has ended, with 1
 * when this hook has drained nothing, with 2 when it was called wrongly. The kubelet then sends SIGTERM.
 */
import { parseArgs } from 'node:util';

const usage =
  'Usage: node pre-stop.js [--port <port>] [--host 127.0.0.1] [--path /shutdown/wait] [--tls]\n' +
  'Without --port it calls MANAGEMENT_PORT, else PORT, else 3000. SHUTDOWN_TOKEN is sent as the bearer token.';

/** Says why on stderr (the kubelet puts it into the event FailedPreStopHook) and leaves. */
function fail(sentence, code = 1) {
  console.error(`nestjs-drain pre-stop: ${sentence}`);
  process.exit(code);
}

function readOptions({ MANAGEMENT_PORT, PORT }) {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: MANAGEMENT_PORT || PORT || '3000' },
        host: { type: 'string', default: '127.0.0.1' },
        path: { type: 'string', default: '/shutdown/wait' },
        tls: { type: 'boolean', default: false },
      },
    });
    if (/^\d+$/.test(values.port) && values.path.startsWith('/')) return values;
    return fail(`no port ${values.port}, or no path ${values.path}.\n${usage}`, 2);
  } catch (error) {
    return fail(`${error.message}\n${usage}`, 2);
  }
}

const { port, host, path, tls } = readOptions(process.env);
const place = `${host}:${port}${path}`;
const then = 'SIGTERM follows now; the drain begins then, if the service listens for signals.';
const token = process.env.SHUTDOWN_TOKEN;

// A certificate names the service, never its loopback address.
const { get } = tls ? await import('node:https') : await import('node:http');
const options = { host, port, path, agent: false, rejectUnauthorized: false };
const headers = {
  // The service takes this call for the hook that it is: a SIGTERM before the answer means that the grace is over.
  'User-Agent': 'kube-lifecycle/exec',
  ...(token && { Authorization: `Bearer ${token}` }),
};

ask((response) => {
  let body = '';
  response.setEncoding('utf8').on('data', (text) => (body += text));
  response.on('end', () => answered(response.statusCode, body));
  response.on('error', () => fail(`${place} ended in the middle of its answer. ${then}`));
}).on('error', ({ code, message }) => {
  const reasons = {
    ECONNREFUSED: 'has the service started, and is this its port? (--port, MANAGEMENT_PORT, PORT)',
    ECONNRESET: 'the service ended before its drain did, or it speaks TLS (--tls)',
  };
  fail(`${place} does not answer (${code ?? message}): ${reasons[code] ?? message}. ${then}`);
});

function ask(listener) {
  try {
    return get({ ...options, headers }, listener);
  } catch ({ message }) {
    // Node sends no such request: a port above 65535, a space in the path, a line break behind the token.
    return fail(
      `${place} cannot be called (${message}): correct --port, --path or SHUTDOWN_TOKEN.`,
      2,
    );
  }
}

function answered(status, body) {
  const { message, waited_seconds: waited } = parse(body);
  if (status === 200 && typeof waited === 'number') return console.log(message);
  const said = typeof message === 'string' ? message : 'that is no answer of a drain (--path).';
  return fail(`${place} answered ${status}: ${said} ${then}`);
}

function parse(body) {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}
