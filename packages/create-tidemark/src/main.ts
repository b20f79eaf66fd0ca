#!/usr/bin/env node
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { askLicense } from './ask-license.ts'
import { create } from './create.ts'
import { versionsFrom } from './versions.ts'
import { NO_LICENSE, type Wanted, wantedFrom } from './wanted.ts'

const USAGE = `npm create tidemark@latest source <name>    a package that reads one kind of system
npm create tidemark@latest runner <name>    a project that syncs installed sources into a database

  --license <name>    the licence of a source, such as MIT; without it, a terminal is asked`

/** Creates a source package or a runner project, and prints the next steps. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      license: { type: 'string' },
      'in-repository': { type: 'boolean' },
    },
  })
  if (values.help === true) {
    console.log(USAGE)
    return
  }
  const here = import.meta.url
  const [kind, name] = positionals
  const inRepository = values['in-repository'] === true
  // Wrong arguments fail before a question.
  wantedFrom(kind, name, { inRepository })
  if (positionals.length > 2)
    throw new Error(`unexpected argument "${positionals.slice(2).join(' ')}"; create one package at a time`)
  const license = values.license ?? (kind === 'source' && !inRepository ? await askLicense() : NO_LICENSE)
  const wanted = wantedFrom(kind, name, { inRepository, license })
  const files = create(wanted, {
    root: process.cwd(),
    templates: fileURLToPath(new URL('../templates', here)),
    version: versionsFrom(new URL('../package.json', here)),
  })
  console.log(files.join('\n'))
  console.log(`\nCreated ${wanted.packageName}. Next:\n${next(wanted)}`)
}

function next({ folder, kind, inRepository, packageName, license }: Wanted): string {
  if (inRepository)
    return `  npx -y pnpm@12.18.0 install\n  npx -y pnpm@12.18.0 turbo run build test --filter=${packageName}`
  if (kind === 'runner')
    return `  cd ${folder}\n  npm install\n  npm start    # syncs the two orders in exports/\n  npm run tidemark -- query "select * from shop_orders"`
  const before = license === NO_LICENSE ? '\n  # before you publish: set "license" in package.json' : ''
  return `  cd ${folder}\n  npm install\n  npm run build\n  npm test\n  npm run check${before}`
}

try {
  await main()
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
