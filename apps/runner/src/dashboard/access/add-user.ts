import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { SyncError } from '@tidemark/core'
import { type Role, userLine } from './password-file.ts'

const MIN_PASSWORD = 8

/** Adds a user to a password file, or gives one another password or role. The password is the first line of stdin. */
export async function addUser(path: string, name: string, role: Role): Promise<void> {
  if (!/^[^:\s#][^:\s]*$/.test(name))
    throw new SyncError(`--add-user: "${name}" is not a name; write one without spaces and colons`, 'fix-config', {
      code: 'usage',
    })
  const password = await askPassword()
  if (password.length < MIN_PASSWORD)
    throw new SyncError(`the password has to have ${MIN_PASSWORD} characters or more`, 'fix-config', { code: 'usage' })
  const line = await userLine({ name, role }, password)
  // Only its owner may read it from the beginning.
  if (!existsSync(path)) writeFileSync(path, '', { mode: 0o600 })
  const text = readFileSync(path, 'utf8')
  const others = text.split('\n').filter((one) => one !== '' && !one.startsWith(`${name}:`))
  if (others.length === text.split('\n').filter((one) => one !== '').length) appendFileSync(path, `${line}\n`)
  else writeFileSync(path, `${[...others, line].join('\n')}\n`)
}

/** The first line of stdin; of a terminal it is not shown. */
async function askPassword(): Promise<string> {
  const isTerminal = process.stdin.isTTY === true
  if (isTerminal) process.stderr.write('Password: ')
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal })
  for await (const line of lines) {
    if (isTerminal) process.stderr.write('\n')
    lines.close()
    return line
  }
  return ''
}
