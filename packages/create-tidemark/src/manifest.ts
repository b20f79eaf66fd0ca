import type { Wanted } from './wanted.ts'

type Version = (name: string) => string

/** The package.json of a new source: in this repository it takes its neighbours, elsewhere what is published. */
export function sourceManifest({ name, packageName, inRepository, license }: Wanted, version: Version): object {
  const own = (one: string): Record<string, string> => ({ [one]: inRepository ? 'workspace:*' : version(one) })
  const tools = ['@arethetypeswrong/cli', '@types/node', 'publint', 'typescript', 'vitest']
  return {
    name: packageName,
    version: '0.1.0',
    description: `${name} as tables, for Tidemark.`,
    license,
    type: 'module',
    engines: { node: '>=24' },
    files: ['dist'],
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    tidemark: { source: './dist/index.js' },
    sideEffects: ['./dist/index.js'],
    scripts: {
      build: inRepository ? 'tsup && tsc -p tsconfig.build.json' : 'tsc -p tsconfig.build.json',
      typecheck: 'tsc --noEmit',
      test: 'vitest run',
      ...(inRepository
        ? {}
        : // Before it is packed, and where it is installed from git.
          { check: 'publint --strict && attw --pack . --profile esm-only', prepare: 'npm run build' }),
    },
    dependencies: { '@tidemark/http': inRepository ? 'workspace:^' : version('@tidemark/http') },
    peerDependencies: { '@tidemark/core': inRepository ? 'workspace:^' : version('@tidemark/core'), zod: '^4.1.0' },
    devDependencies: {
      ...own('@tidemark/core'),
      ...own('@tidemark/testkit'),
      ...(inRepository ? {} : Object.fromEntries(tools.map((tool) => [tool, version(tool)]))),
      zod: inRepository ? 'catalog:' : version('zod'),
    },
  }
}

/** The package.json of a runner of one's own. */
export function runnerManifest({ packageName }: Wanted, version: Version): object {
  return {
    name: packageName,
    version: '0.0.0',
    private: true,
    type: 'module',
    engines: { node: '>=24' },
    scripts: { start: 'tidemark sync', tidemark: 'tidemark', typecheck: 'tsc --noEmit' },
    dependencies: {
      '@tidemark/runner': version('@tidemark/runner'),
      '@tidemark/core': version('@tidemark/core'),
      '@tidemark/source-files': version('@tidemark/source-files'),
      zod: version('zod'),
    },
    devDependencies: { '@types/node': version('@types/node'), typescript: version('typescript') },
  }
}
