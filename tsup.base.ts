import { readFile } from 'node:fs/promises'
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

/**
 * Segmenters, and regular expressions of all emoji, are made when a text first needs them: `string-width`, and what redraws lines, make
 * them as they are loaded, which is a tenth of the start of a command.
 */
export const lateLetters: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'late letters',
  setup(build) {
    build.onLoad(
      { filter: /node_modules\/(?:(?:string-width|wrap-ansi)\/index|slice-ansi\/tokenize-ansi)\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8')
        const contents = text.replace(
          /^const (\w+) = (new Intl\.Segmenter\(.*\)|\/\^\\p\{RGI_Emoji\}\$\/v);$/gm,
          (_, name: string, made: string) => `let made_${name}; const ${name} = {
          test: (text) => (made_${name} ??= ${made}).test(text), segment: (text) => (made_${name} ??= ${made}).segment(text) };`,
        )
        if (contents === text) throw new Error(`${path} has changed: see what it makes when it is loaded`)
        return { contents, loader: 'js' }
      },
    )
  },
}
