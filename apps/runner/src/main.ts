#!/usr/bin/env node
// Checks the version before anything else is loaded: on an older Node the import of node:sqlite alone would fail, with a
// message that helps nobody. Imports are loaded before any code runs, so the rest comes in through require().
import module from 'node:module'
import { ownFolder } from './own-folder.ts'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    `tidemark needs Node 24 or newer; this is ${process.version}. Install a newer version from https://nodejs.org, then try again.`,
  )
  process.exitCode = 2
} else {
  // Compiling takes a third of the start-up time, so the compiled code is cached. Node would cache it among the
  // temporary files, where another user may have placed other code.
  const compiled = ownFolder('compiled', process.env)
  if (compiled !== undefined) module.enableCompileCache(compiled)
  const require = module.createRequire(import.meta.url)
  require('./cli.js')
}
