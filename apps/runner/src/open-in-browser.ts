import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ownFolder } from './own-folder.ts'

const OPENERS: Partial<Record<NodeJS.Platform, readonly [program: string, ...words: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/**
 * Opens an address in the user's browser. An address with a token goes through a file that only this user may read,
 * because every user of the machine can read the arguments of its processes.
 */
export function openInBrowser(address: string, say: (message: string) => void): { forget(): void } {
  if (!address.includes('#')) {
    start(address, say)
    return { forget: () => {} }
  }
  const own = ownFolder('browser', process.env)
  if (own === undefined) {
    say('No browser was opened, because this user has no private cache folder (mode 0700); open the address yourself.')
    return { forget: () => {} }
  }
  const folder = mkdtempSync(join(own, 'open-'))
  const file = join(folder, 'open.html')
  writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0; url=${address}">`, { mode: 0o600 })
  start(pathToFileURL(file).href, say)
  return { forget: () => rmSync(folder, { recursive: true, force: true }) }
}

function start(what: string, say: (message: string) => void): void {
  const [program, ...words] = OPENERS[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...words, what], { stdio: 'ignore', detached: true })
  child.once('error', () => say(`No browser could be opened (${program}); open the address yourself.`))
  child.unref()
}
