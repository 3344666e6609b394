/** Each package by its name in imports; the unit tests run on its source. */
const packages = ['nestjs-drain', 'nestjs-drain-resume', 'nestjs-drain-client'];

const sources = Object.fromEntries(
  packages.flatMap((name) => [
    [`^${name}$`, `<rootDir>/libs/${name}/src/index.ts`],
    [`^${name}/(.+)$`, `<rootDir>/libs/${name}/src/$1/index.ts`],
  ]),
);

const typescript = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    target: 'es2022',
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', typescript] },
  modulePathIgnorePatterns: [
    '<rootDir>/dist/',
    '<rootDir>/libs/[^/]+/dist/',
    '<rootDir>/examples/dist/',
  ],
};

/** Where `test/nest-11/install.js` installs Nest 11 and the packed libraries. */
const nest11 = '<rootDir>/node_modules/.cache/nest-11';
const installed = `${nest11}/node_modules`;

// Imports name the .js file that the compiler will write.
const written = { '^(\\.{1,2}/.*)\\.js$': '$1' };

/** @type {import('jest').Config} */
export default {
  // Many tests wait for a pod to go; more than three at once on two cores only measure the machine.
  maxWorkers: 3,
  // Milliseconds. A bound for what hangs, not a measure: a busy machine is slow.
  testTimeout: 120_000,
  projects: [
    {
      // The laws, on source, in milliseconds.
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/libs/*/src/**/*.test.ts', '<rootDir>/src/**/*.test.ts'],
      moduleNameMapper: { ...sources, ...written },
    },
    {
      // The built packages and the built service, real sockets, real signals.
      ...common,
      displayName: 'e2e',
      testMatch: [
        '<rootDir>/libs/*/test/**/*.test.ts',
        '<rootDir>/test/!(nest-11)/**/*.test.ts',
        '<rootDir>/test/*.test.ts',
        '<rootDir>/examples/**/*.test.ts',
      ],
      moduleNameMapper: written,
    },
    {
      // The tests of the transports once more, on Nest 11 and the libraries' CommonJS build.
      ...common,
      displayName: 'nest-11',
      globalSetup: '<rootDir>/test/nest-11/install.js',
      globals: { nestFolder: 'nest-11' },
      testMatch: [
        '<rootDir>/libs/nestjs-drain/test/{websocket,grpc,microservice,graphql}.test.ts',
        '<rootDir>/test/contract/*.test.ts',
        '<rootDir>/test/nest-11/*.test.ts',
      ],
      moduleNameMapper: {
        '^(@nestjs/.+|rxjs|reflect-metadata|@grpc/grpc-js|nestjs-pino|nest-winston|winston)$': `${installed}/$1`,
        '^nestjs-drain$': `${installed}/nestjs-drain/dist/cjs/index.js`,
        '^nestjs-drain/(.+)$': `${installed}/nestjs-drain/dist/cjs/$1/index.js`,
        ...written,
      },
    },
  ],
};
