import { defineConfig, type Options } from 'tsup'

/** One way to build every package: ESM for Node 24, the declarations come from `tsc` (TypeScript 7 has no compiler API). */
export function library(entry: readonly string[], more: Options = {}) {
  return defineConfig({
    entry: [...entry],
    format: 'esm',
    target: 'node24',
    platform: 'node',
    sourcemap: true,
    clean: true,
    dts: false,
    // `node:sqlite` exists only with its prefix.
    removeNodeProtocol: false,
    ...more,
  })
}

/** For what is built with all that it needs: of zod's fifty languages only English is spoken here; the others would be a fifth of the file. */
export const onlyEnglish: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'english',
  setup(build) {
    build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js'",
      loader: 'js',
    }))
  },
}
