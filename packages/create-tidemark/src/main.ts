#!/usr/bin/env node
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { create } from './create.ts'
import { versionsFrom } from './versions.ts'
import { wantedFrom } from './wanted.ts'

const USAGE = `npm create tidemark@latest source <name>    a package that reads one kind of system
npm create tidemark@latest runner <name>    a project that syncs installed sources into a database`

/** Creates a source package or a runner project, and prints the next steps. */
function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, 'in-repository': { type: 'boolean' } },
  })
  if (values.help === true) {
    console.log(USAGE)
    return
  }
  const here = import.meta.url
  const wanted = wantedFrom(positionals[0], positionals[1], values['in-repository'] === true)
  if (positionals.length > 2)
    throw new Error(`unexpected argument "${positionals.slice(2).join(' ')}"; create one package at a time`)
  const files = create(wanted, {
    root: process.cwd(),
    templates: fileURLToPath(new URL('../templates', here)),
    version: versionsFrom(new URL('../package.json', here)),
  })
  console.log(files.join('\n'))
  console.log(`\nCreated ${wanted.packageName}. Next:\n${next(wanted.folder, wanted)}`)
}

function next(folder: string, { kind, inRepository, packageName }: ReturnType<typeof wantedFrom>): string {
  if (inRepository)
    return `  npx -y pnpm@12.18.0 install\n  npx -y pnpm@12.18.0 turbo run build test --filter=${packageName}`
  if (kind === 'runner')
    return `  cd ${folder}\n  npm install\n  # add paths of git repositories to tidemark.config.ts\n  npm start`
  return `  cd ${folder}\n  npm install\n  npm run build\n  npm test\n  npm run check`
}

try {
  main()
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
