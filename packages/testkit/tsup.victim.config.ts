import { library, onlyEnglish } from '../../tsup.base.ts'

/**
 * The victim of the crash harness once more, with all that it imports in one file: it starts in a third of the time, and
 * starting is most of what a kill costs. It is for this repository's own lanes and is not published.
 */
export default library([], {
  entry: { 'crash/victim-in-one': 'src/crash/victim.ts' },
  clean: false,
  sourcemap: false,
  noExternal: [/^(?!node:)/],
  esbuildPlugins: [onlyEnglish],
  minify: true,
  // What is CommonJS asks for Node's own modules with require.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
})
