import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import type { PasswordFile, Role, User } from './password-file.ts'
import { type ProxyTrust, TRUSTS_NOBODY } from './proxy-trust.ts'
import { viewOf } from './request-view.ts'
import { Sessions } from './sessions.ts'

/** Who makes a request. */
export interface Visitor {
  /** Empty where nobody has to log in. */
  readonly name: string
  readonly role: Role
  /** What an acting request has to carry, so that no other site can cause one; undefined: it cannot act. */
  readonly proof: string | undefined
}

/** Who may see and do what. */
export interface Access {
  readonly trust: ProxyTrust
  /** Host names under which the dashboard may be opened, beside those of this machine. */
  readonly hosts: readonly string[]
  /** Undefined: has to log in. */
  visitorOf(c: Context): Visitor | undefined
  /** Whether the page may be told the proof: the visitor has proved who it is. */
  readonly tellsProof: boolean
  /** Logs in by a form; absent: nobody does. */
  readonly login?: LoginByForm | undefined
}

export interface LoginByForm {
  readonly sessions: Sessions
  /** A shared token instead of names and passwords. */
  readonly isByToken: boolean
  verify(name: string, password: string): Promise<User | undefined>
}

export interface AccessBase {
  readonly trust?: ProxyTrust | undefined
  readonly hosts?: readonly string[] | undefined
}

export const SESSION_COOKIE = 'tidemark_session'

/** Everyone on this machine sees the pages; whoever has the token acts. */
export function openAccess({ trust = TRUSTS_NOBODY, hosts = [] }: AccessBase, token: string | undefined): Access {
  const visitor: Visitor = { name: '', role: token === undefined ? 'reader' : 'actor', proof: token }
  return { trust, hosts, visitorOf: () => visitor, tellsProof: false }
}

/** Users of a password file. */
export function passwordAccess(base: AccessBase, users: PasswordFile): Access {
  return formAccess(base, {
    isByToken: false,
    verify: (name, password) => users.verify(name, password),
    userOf: (name) => users.userOf(name),
  })
}

/** Whoever has a token that all of a team share. */
export function tokenAccess(base: AccessBase, token: string): Access {
  const wanted = digest(token)
  const team: User = { name: 'team', role: 'actor' }
  return formAccess(base, {
    isByToken: true,
    verify: async (_, given) => (timingSafeEqual(digest(given), wanted) ? team : undefined),
    userOf: () => team,
  })
}

interface ByForm extends Omit<LoginByForm, 'sessions'> {
  userOf(name: string): User | undefined
}

function formAccess({ trust = TRUSTS_NOBODY, hosts = [] }: AccessBase, { userOf, ...form }: ByForm): Access {
  const sessions = new Sessions()
  const proofOf = proofs()
  return {
    ...{ trust, hosts, tellsProof: true, login: { ...form, sessions } },
    visitorOf(c) {
      const key = getCookie(c, SESSION_COOKIE)
      const name = key === undefined ? undefined : sessions.nameOf(key)
      // Someone whose line was removed is out at once.
      const user = name === undefined ? undefined : userOf(name)
      return user && { ...user, proof: proofOf(key!) }
    },
  }
}

export interface HeaderOptions {
  /** The header in which the proxy names the user whom it has authenticated. */
  readonly header: string
  /** Users who may act; all others read. */
  readonly actors: readonly string[]
}

/** Users whom a trusted proxy has authenticated, as by OpenID Connect. */
export function headerAccess(
  base: AccessBase & { readonly trust: ProxyTrust },
  { header, actors }: HeaderOptions,
): Access {
  const { trust, hosts = [] } = base
  const proofOf = proofs()
  return {
    ...{ trust, hosts, tellsProof: true },
    visitorOf(c) {
      const name = viewOf(c, trust).isByProxy ? c.req.header(header) : undefined
      if (name === undefined || name === '') return undefined
      return { name, role: actors.includes(name) ? 'actor' : 'reader', proof: proofOf(name) }
    },
  }
}

/** Proofs that only this process can make. */
function proofs(): (of: string) => string {
  const key = randomBytes(32)
  return (of) => createHmac('sha256', key).update(of).digest('base64url')
}

export const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

// Digests have equal lengths, so comparing them takes constant time.
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
