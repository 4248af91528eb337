// One Jest for all packages. Tests run on the sources (no build needed): `@plexus/x` maps to packages/x/src,
// and the `.js` of an ESM import maps back to its `.ts`.
const project = (name, extra = {}) => ({
  displayName: name,
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/packages/${name}/**/*.test.ts`],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/.build/'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript', explicitResourceManagement: true }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^@plexus/([a-z0-9-]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^@plexus/([a-z0-9-]+)/([a-z-]+)$': '<rootDir>/packages/$1/src/$2.ts',
    '^plexus$': '<rootDir>/packages/plexus/src/index.ts',
    '^plexus/([a-z-]+)$': '<rootDir>/packages/plexus/src/$1.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  ...extra,
})

const PACKAGES =
  'chart contract engine codec-spdy codec-http2 carrier-node testkit plexus http cli lab'.split(' ')

/** The scripts are modules of Node; for a test they become CommonJS, so that it can put a workspace of its own beneath them. */
const scripts = {
  displayName: 'scripts',
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/scripts/**/*.test.mjs'],
  moduleFileExtensions: ['mjs', 'js', 'json'],
  transform: {
    '\\.mjs$': [
      '@swc/jest',
      { jsc: { target: 'es2022' }, module: { type: 'commonjs' }, sourceMaps: 'inline' },
    ],
  },
}

export default { projects: [...PACKAGES.map((name) => project(name)), scripts] }
