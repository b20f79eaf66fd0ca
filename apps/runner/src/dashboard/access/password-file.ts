import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { SyncError } from '@tidemark/core'

/** Readers see all pages; actors may also sync, resync and retry. */
export type Role = 'reader' | 'actor'

export interface User {
  readonly name: string
  readonly role: Role
}

const COST = { N: 32_768, r: 8, p: 1 } as const
const MEMORY = 64 * 1024 * 1024
const LENGTH = 32

function derive(password: string, salt: Buffer, { N, r, p }: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: MEMORY } as ScryptOptions
    scrypt(password.normalize('NFC'), salt, LENGTH, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}

/** The line of a user in a password file: `name:role:scrypt:N:r:p:salt:hash`. */
export async function userLine({ name, role }: User, password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, COST)
  return [name, role, 'scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join(
    ':',
  )
}

interface Entry extends User {
  readonly cost: ScryptOptions
  readonly salt: Buffer
  readonly hash: Buffer
}

/** Of a name that nobody has: refusing it takes as long as refusing a password. */
const NOBODY: Entry = { name: '', role: 'reader', cost: COST, salt: randomBytes(16), hash: randomBytes(LENGTH) }

/** Users with hashed passwords. The file is read again when it has changed, so that nobody has to restart the dashboard. */
export class PasswordFile {
  readonly #path: string
  #seen: string | undefined
  #users: ReadonlyMap<string, Entry> = new Map()

  /** @throws SyncError `fix-config` where it cannot be read, or a line is not that of a user. */
  constructor(path: string) {
    this.#path = path
    this.#read()
  }

  /** The user as the file has it now. */
  userOf(name: string): User | undefined {
    this.#readAgain()
    const found = this.#users.get(name)
    return found && { name, role: found.role }
  }

  /** @returns the user whose password it is. */
  async verify(name: string, password: string): Promise<User | undefined> {
    this.#readAgain()
    const entry = this.#users.get(name) ?? NOBODY
    const hash = await derive(password, entry.salt, entry.cost)
    const isRight = timingSafeEqual(hash, entry.hash)
    return isRight && entry !== NOBODY ? { name: entry.name, role: entry.role } : undefined
  }

  /** What is there already stays while the file is wrong, as in the middle of being written. */
  #readAgain(): void {
    try {
      this.#read()
    } catch {}
  }

  #read(): void {
    let text: string
    try {
      const { mtimeMs, size, ino } = statSync(this.#path)
      const seen = `${mtimeMs} ${size} ${ino}`
      if (seen === this.#seen) return
      text = readFileSync(this.#path, 'utf8')
      this.#users = usersIn(text, this.#path)
      this.#seen = seen
    } catch (error) {
      if (SyncError.is(error)) throw error
      throw new SyncError(
        `--password-file: ${this.#path} cannot be read: ${(error as Error).message}; add a user: tidemark ui --password-file ${this.#path} --add-user <name>`,
        'fix-config',
        { code: 'usage', cause: error },
      )
    }
  }
}

function usersIn(text: string, path: string): ReadonlyMap<string, Entry> {
  const users = new Map<string, Entry>()
  text.split('\n').forEach((line, at) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const entry = entryOf(line.trim())
    if (entry === undefined)
      throw new SyncError(
        `--password-file: ${path}:${at + 1} is not the line of a user; write it with: tidemark ui --password-file ${path} --add-user <name>`,
        'fix-config',
        { code: 'usage' },
      )
    users.set(entry.name, entry)
  })
  return users
}

function entryOf(line: string): Entry | undefined {
  const [, name = '', role, N, r, p, salt = '', hash = ''] =
    /^([^:\s]+):(reader|actor):scrypt:(\d{4,7}):(\d{1,2}):(\d{1,2}):([\w-]+):([\w-]+)$/.exec(line) ?? []
  const bytes = Buffer.from(hash, 'base64url')
  if (name === '' || bytes.length !== LENGTH) return undefined
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  if (128 * cost.N * cost.r > MEMORY) return undefined
  return { name, role: role as Role, cost, salt: Buffer.from(salt, 'base64url'), hash: bytes }
}
