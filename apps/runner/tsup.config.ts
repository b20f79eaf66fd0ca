import { copyFileSync } from 'node:fs'
import { lateLetters, library, onlyEnglish } from '../../tsup.base.ts'

// The binary is one file with all that it needs: opening some hundred files takes longer than most commands do. Sources
// bring their own core and zod, which meet this copy by their marks (`Symbol.for`), never by their classes.
// The dashboard is a file of its own, which only "ui" opens: no other verb pays for a web server.
export default library(
  [
    'src/main.ts',
    'src/cli.ts',
    'src/config.ts',
    'src/query-child.ts',
    'src/notify/send-email.ts',
    'src/dashboard/dashboard.ts',
  ],
  {
    // All side by side, whatever folder their sources are in.
    esbuildOptions: (options) => {
      options.entryNames = '[name]'
      // What is read at each start is a third shorter; names stay, for who reads a stack trace.
      options.minifyWhitespace = true
      options.minifySyntax = true
    },
    noExternal: [/^(?!node:)/],
    splitting: false,
    // The terminal prints the address of an error's entry, so the page must be where the binary is.
    onSuccess: async () => copyFileSync('../../docs/errors.md', 'dist/errors.md'),
    esbuildPlugins: [onlyEnglish, lateLetters],
    // Postgres's driver is CommonJS and asks for Node's modules by `require`.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)",
    },
  },
)
