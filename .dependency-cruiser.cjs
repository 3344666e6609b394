/**
 * The import law of DESIGN: core imports only itself, adapters import core and never each other,
 * the service and the tests enter packages through their front doors.
 */
const library = '^libs/nestjs-drain/src';
const adapters = [
  'nest',
  'http',
  'health',
  'control',
  'websocket',
  'grpc',
  'microservice',
  'queue',
  'metrics',
  'opentelemetry',
  'diagnostics',
  'status',
  'resume',
  'client',
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-imports-only-itself',
      severity: 'error',
      from: { path: `${library}/core/`, pathNot: '\\.test\\.ts$' },
      to: { pathNot: `${library}/core/` },
    },
    ...adapters.map((adapter) => ({
      name: `${adapter}-imports-only-core`,
      severity: 'error',
      from: { path: `${library}/${adapter}/`, pathNot: '\\.test\\.ts$' },
      to: { path: library, pathNot: [`${library}/core/`, `${library}/${adapter}/`] },
    })),
    {
      name: 'redis-imports-only-core-and-resume',
      severity: 'error',
      from: { path: `${library}/redis/`, pathNot: '\\.test\\.ts$' },
      to: { path: library, pathNot: `${library}/(core|resume|redis)/` },
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
      from: { path: ['^src/', '^test/', '^bench/', '^compare/', '^demo/'] },
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
