// Where the processor time of one request goes: `npm run build && node bench/profile.mjs express /stream nestjs-drain`.
// Prints a flame graph as text (the branches that hold the library, with what each costs a request in all) and the
// dearest functions by their own time.
import { withClients, withServer } from './support/server.mjs';

const [adapter = 'express', path = '/stream', variant = 'nestjs-drain', requests = '6000'] =
  process.argv.slice(2);
const count = Number(requests);
/** µs of a request below which a branch is not shown. */
const least = 0.3;

const profile = await withServer({ adapter, variant }, (server, port) =>
  withClients(async (client) => {
    await client.ask('connect', { port, path, connections: 16 });
    await client.ask('request', { port, count: 4000 });
    await server.ask('startProfile');
    await client.ask('request', { port, count });
    return server.ask('stopProfile');
  }),
);

const nodes = new Map(profile.nodes.map((node) => [node.id, { ...node, self: 0, total: 0 }]));
profile.samples.forEach((id, index) => {
  nodes.get(id).self += profile.timeDeltas[index] / count;
});
const root = nodes.get(profile.nodes[0].id);
addUp(root);
console.log(
  `${adapter}, ${path}, ${variant}: µs for each of ${count} requests, of every branch that enters the library`,
);
print(root, 0);
console.log('\nOwn time, the dearest of all functions');
for (const [name, self] of ownTimes().slice(0, 40))
  console.log(`${self.toFixed(2).padStart(8)}  ${name}`);

function addUp(node) {
  const children = (node.children ?? []).map((id) => nodes.get(id));
  for (const child of children) addUp(child);
  node.total = children.reduce((sum, { total }) => sum + total, node.self);
  node.isOurs = isOurs(node) || children.some((child) => child.isOurs);
}

function print(node, depth) {
  if (!node.isOurs && depth > 0 && !node.isBelowOurs) return;
  if (node.total < least) return;
  if (isOurs(node) || node.isBelowOurs) {
    console.log(
      `${node.total.toFixed(2).padStart(8)} ${node.self.toFixed(2).padStart(7)} ${'  '.repeat(depth)}${nameOf(node)}`,
    );
  }
  const children = (node.children ?? []).map((id) => nodes.get(id));
  for (const child of children.toSorted((one, other) => other.total - one.total)) {
    child.isBelowOurs = node.isBelowOurs || isOurs(node);
    print(child, isOurs(node) || node.isBelowOurs ? depth + 1 : depth);
  }
}

function isOurs({ callFrame: { url } }) {
  return url.includes('/libs/nestjs-drain/');
}

function nameOf({ callFrame: { functionName, url, lineNumber } }) {
  return `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
}

function ownTimes() {
  const times = new Map();
  for (const node of nodes.values()) {
    times.set(nameOf(node), (times.get(nameOf(node)) ?? 0) + node.self);
  }
  return [...times].toSorted(([, one], [, other]) => other - one);
}
