import { type Remedy, SyncError } from '@tidemark/core'

// SQLSTATE codes: documentation, appendix A "PostgreSQL Error Codes".

interface ServerError extends Error {
  readonly code: string
  readonly detail?: string
  readonly table?: string
}

/** The SQLSTATE of an error; undefined where the server did not say it. */
export function stateOf(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { readonly code?: unknown; readonly severity?: unknown }
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && severity !== undefined ? code : undefined
}

// Bad data, broken rules, a limit of the server, a rule of the user's own (a trigger or a function of theirs, a view's
// check), and the same key twice at once (of json, say, which is equal in more ways than one).
const REFUSALS = /^(09|21|22|23|27|2F|38|39|44|54|P0)/
/** The classes that Postgres uses itself; a code of another one was made up by a trigger. */
const CLASSES = /^(0[0-3]|0[89ABFLPZ]|10|2[0-8]|2[BDF]|34|3[89]|3[BDF]|40|42|44|5[3-578]|72|F0|HV|P0|XX)/
/** What says so of a row that would take more than a gigabyte: it has the code of an internal error. */
const TOO_LARGE = /invalid memory alloc request size/

/** Whether an error is about the values that were written, so that a row is to blame. */
export function refuses(error: unknown): boolean {
  const state = stateOf(error)
  if (state === undefined) return false
  return REFUSALS.test(state) || !CLASSES.test(state) || (state === 'XX000' && TOO_LARGE.test((error as Error).message))
}

/** Whether a key is there already, by the primary key that Tidemark gave the table (`keyOf` of the editor names it). */
export function isOwnKey(error: unknown): boolean {
  const { constraint = '' } = error as { readonly constraint?: string }
  return stateOf(error) === '23505' && constraint.startsWith('_tidemark_key_')
}

/** Whether the server does not do such a thing here. */
export function isUnsupported(error: unknown): boolean {
  return stateOf(error) === '0A000'
}

// What Node's sockets and the driver report for a lost connection.
const BROKEN =
  /^(E(CONN(RESET|REFUSED|ABORTED)|PIPE|TIMEDOUT|HOST(UNREACH|DOWN)|NET(UNREACH|DOWN|RESET)|AI_AGAIN)|ERR_STREAM_\w+)$/
const LOST =
  /Connection terminated|Client has encountered a connection error|connection is closed|Connection ended|timeout exceeded when trying to connect|server closed the connection/i

/** Whether the connection is lost, so that the outcome of a statement under way is unknown. */
export function isLost(error: unknown): boolean {
  if (SyncError.is(error)) return false
  const state = stateOf(error)
  // 57P01 and 57P02: the session was ended or the server goes down. 57P03: it is not up yet. 57P05 and 25P03: it was idle
  // for too long. 25P04: a transaction took too long.
  if (state !== undefined) return /^(08|57P0[1235]|25P0[34])/.test(state)
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  return (typeof code === 'string' && BROKEN.test(code)) || (typeof message === 'string' && LOST.test(message))
}

/** Whether the same transaction may pass at another try: it was rolled back, and for a reason that goes away. */
export function mayPass(error: unknown): boolean {
  // A serialization failure, a deadlock, too many connections.
  return isLost(error) || /^(40001|40P01|53300)$/.test(stateOf(error) ?? '')
}

/** What a failure means to a user: which database, what is wrong, and the way out. Anything else passes as it is. */
export function explain(error: unknown, place: string): unknown {
  if (SyncError.is(error)) return error
  const say = (text: string, remedy: Remedy, code: string) => new SyncError(text, remedy, { code, cause: error })
  const { message } = (error ?? {}) as Error
  const state = stateOf(error)
  if (state === undefined) {
    const { code } = (error ?? {}) as { readonly code?: unknown }
    if (code === 'ENOTFOUND')
      return say(
        `the host of the database ${place} cannot be resolved (${message}); check "destination" in the config`,
        'fix-config',
        'destination-unavailable',
      )
    if (isLost(error) || (error instanceof AggregateError && error.errors.some(isLost)))
      return say(
        `the database ${place} cannot be reached (${causeOf(error)}); start it, or check host and port under "destination" in the config`,
        'retry',
        'destination-unavailable',
      )
    if (/SSL|TLS|certificate|self.signed/i.test(message ?? '') || /CERT|SSL|TLS/.test(String(code)))
      return say(
        `cannot make a secure connection to the database ${place} (${message}); add to the url sslrootcert=… with the file of a certificate that vouches for the server, or sslmode=require to encrypt without checking the certificate, or sslmode=disable if nobody else can reach the network`,
        'fix-config',
        'destination-unavailable',
      )
    if (/password|SASL|SCRAM|authentication/i.test(message ?? '')) return noPassword(error as Error, place, say)
    return error
  }
  return explainState(error as ServerError, state, place, say)
}

type Say = (text: string, remedy: Remedy, code: string) => SyncError

function noPassword({ message }: Error, place: string, say: Say): SyncError {
  return say(
    `the database ${place} requires a password, but none was given (${message}); put it into the environment variable PGPASSWORD, or into the url`,
    'fix-config',
    'destination-unavailable',
  )
}

function explainState(error: ServerError, state: string, place: string, say: Say): unknown {
  const { message, detail } = error
  switch (state) {
    case '28000':
    case '28P01':
      if (/empty password/.test(message)) return noPassword(error, place, say)
      return say(
        `the database ${place} refuses the user or its password (${message}); check them under "destination" in the config`,
        'fix-config',
        'destination-unavailable',
      )
    case '3D000':
      return say(
        `there is no such database: ${place} (${message}); create it with "createdb", or name another one under "destination"`,
        'fix-config',
        'destination-unavailable',
      )
    case '42501':
      if (/temporary/.test(message))
        return say(
          `the role may not create temporary tables in ${place} (${message}); allow it: GRANT TEMPORARY ON DATABASE <database> TO <role>`,
          'fix-config',
          'destination-unavailable',
        )
      return say(
        `the role lacks a privilege for this in ${place} (${message}); give it a schema of its own: CREATE SCHEMA tidemark AUTHORIZATION <role>, or name one that it may use as ?schema=<name> in the url`,
        'fix-config',
        'destination-unavailable',
      )
    case '3F000':
      return say(
        `the role may not use the schema in ${place} (${message}); give it a schema of its own: CREATE SCHEMA tidemark AUTHORIZATION <role>, or name one that it may use as ?schema=<name> in the url`,
        'fix-config',
        'destination-unavailable',
      )
    case '25006':
      return say(
        `the database ${place} is read-only, perhaps a standby (${message}); name the primary under "destination"`,
        'fix-config',
        'destination-unavailable',
      )
    case '55P03':
      return say(
        `another program has locked a table in ${place} for too long (${message}); end its session (see pg_stat_activity) and run again`,
        'retry',
        'destination-locked',
      )
    case '53100':
    case '53200':
    case '58030':
      return say(
        `the database ${place} cannot be written (${message}); free some space and run again; nothing of this batch was kept`,
        'retry',
        'destination-full',
      )
    case 'XX001':
    case 'XX002':
      return say(
        `the database ${place} is damaged (${message}); restore a good copy`,
        'fix-config',
        'destination-corrupt',
      )
    case '42P01':
    case '42703':
    case '42804':
    case '42883':
    case '42P10':
    case '42809':
      return say(
        `a table in ${place} was changed by someone else while Tidemark wrote it (${message}); run again to see what changed`,
        'fix-config',
        'table-changed',
      )
  }
  if (state === '0A000' && /during recovery/.test(message)) return explainState(error, '25006', place, say)
  if (mayPass(error))
    return say(
      `the database ${place} ended the connection (${message}); nothing of this batch was kept, run again`,
      'retry',
      'destination-unavailable',
    )
  if (/^53|^57/.test(state))
    return say(
      `the database ${place} cannot continue (${message}); run again when it is available`,
      'retry',
      'destination-unavailable',
    )
  // Anything about the server itself; what is left is about a table: a rule of the user's, or a name that is taken.
  const told = detail === undefined ? message : `${message}: ${detail}`
  if (/^(58|72|F0|XX)/.test(state))
    return say(`the database ${place} failed (${told}); see its log, and run again`, 'retry', 'destination-failed')
  return say(
    `the database ${place} refused a change (${told}); remove what blocks it, and run again`,
    'fix-config',
    state === '42P07' || state === '42710' ? 'schema' : 'refused',
  )
}

function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return (error.errors[0] as Error).message
  return (error as Error).message
}
