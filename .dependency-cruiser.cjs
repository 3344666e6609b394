/**
 * The import law (CONTRIBUTING.md): core imports only itself; adapters import core and compat and
 * never each other; packages are entered through their exports; no library imports the service.
 */
const library = '^libs/nestjs-drain/src';
const test = '\\.test\\.ts$';
const adapters = [
  'http',
  'streams',
  'lifecycle',
  'probes',
  'control',
  'resume',
  'durable-streams',
  'websocket',
  'grpc',
  'microservice',
  'graphql',
  'queue',
  'metrics',
  'opentelemetry',
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-imports-only-itself',
      severity: 'error',
      from: { path: `${library}/core/`, pathNot: test },
      to: { pathNot: `${library}/core/` },
    },
    {
      name: 'compat-imports-only-core',
      severity: 'error',
      from: { path: `${library}/compat/`, pathNot: test },
      to: { path: library, pathNot: `${library}/(core|compat)/` },
    },
    ...adapters.map((adapter) => ({
      name: `${adapter}-imports-only-core-and-compat`,
      severity: 'error',
      from: { path: `${library}/${adapter}/`, pathNot: test },
      to: { path: library, pathNot: `${library}/(core|compat|${adapter})/` },
    })),
    {
      name: 'the-ai-sdk-entry-is-made-of-decorators',
      severity: 'error',
      from: { path: `${library}/ai-sdk/`, pathNot: test },
      to: {
        path: library,
        pathNot: `${library}/(core|compat|ai-sdk)/|/(streams/drainable-stream|resume/stream-cursor)\\.decorator`,
      },
    },
    {
      name: 'the-resume-and-client-packages-know-no-nest',
      severity: 'error',
      from: { path: '^libs/nestjs-drain-(resume|client)/src', pathNot: test },
      to: { path: ['node_modules/@nestjs/', '^libs/nestjs-drain/'] },
    },
    {
      name: 'libraries-never-import-the-service',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: ['^src/', '^test/', '^dist/'] },
    },
    {
      name: 'packages-are-entered-through-their-exports',
      severity: 'error',
      from: { path: ['^src/', '^test/', '^bench/', '^compare/', '^demo/', '^examples/'] },
      to: { path: '^libs/[^/]+/src/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      severity: 'error',
      // The chat page runs in the browser, under the paths the service gives its files.
      from: { pathNot: '^src/chat/page/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
