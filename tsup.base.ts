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
