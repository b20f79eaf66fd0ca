import { createHash, randomBytes } from 'node:crypto'

const MAX_SESSIONS = 1000
/** A session ends so long after its last request. */
const IDLE_MS = 12 * 3_600_000

interface Session {
  readonly name: string
  usedAt: number
}

/** Who has logged in, in memory: a restart ends all sessions. Their keys are kept as digests. */
export class Sessions {
  readonly #sessions = new Map<string, Session>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** @returns the key for the cookie. */
  begin(name: string): string {
    const oldest = this.#sessions.keys().next().value
    if (this.#sessions.size >= MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest)
    const key = randomBytes(32).toString('base64url')
    this.#sessions.set(digest(key), { name, usedAt: this.#now() })
    return key
  }

  nameOf(key: string): string | undefined {
    const id = digest(key)
    const session = this.#sessions.get(id)
    if (session === undefined) return undefined
    this.#sessions.delete(id)
    if (this.#now() - session.usedAt > IDLE_MS) return undefined
    session.usedAt = this.#now()
    // The one that was used last is the last in the order.
    this.#sessions.set(id, session)
    return session.name
  }

  end(key: string): void {
    this.#sessions.delete(digest(key))
  }
}

const digest = (key: string): string => createHash('sha256').update(key).digest('base64url')
