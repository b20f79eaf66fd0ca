import { type Remedy, SyncError } from '@tidemark/core'
import { TooSlow } from './chunks.ts'

/** How the source reports a driver's failure: what it means, and what to do. */
export interface Explanation {
  readonly problem: string
  readonly remedy: Remedy
}

/** The word or number by which a driver calls a failure. */
export interface Failed {
  readonly code: string
  readonly message: string
}

export interface ErrorTranslator {
  /** Which database, for people. */
  readonly label: string
  readonly mask: (text: string) => string
  /** What the system's own codes mean; undefined where they say nothing. */
  readonly tell: (failed: Failed) => Explanation | undefined
}

/** The same, of what happens while a table is read. */
export function blameIn(blame: ErrorTranslator, { name }: { readonly name: string }): ErrorTranslator {
  return { ...blame, label: `${blame.label}: table ${JSON.stringify(name)}` }
}

const CERTIFICATE = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
])
const NETWORK =
  /^(E(CONN(RESET|REFUSED|ABORTED)|TIMEDOUT|PIPE|HOST(UNREACH|DOWN)|NET(UNREACH|DOWN|RESET)|NOTFOUND|AI_AGAIN|PROTO)|PROTOCOL_(CONNECTION_LOST|PACKETS_OUT_OF_ORDER|SEQUENCE_TIMEOUT))$/

/**
 * What a driver threw as an error that says which database, what is wrong and what to do. Neither the driver's error nor
 * the URL goes along: both can hold a password.
 */
export function sqlFailure(error: unknown, blame: ErrorTranslator): unknown {
  if (SyncError.is(error) || isAbort(error)) return error
  if (error instanceof TooSlow) {
    const problem =
      'the server took longer than statementTimeout for one statement; raise it, or create an index on the cursor'
    return new SyncError(blame.mask(`${blame.label}: ${problem}`), 'fix-config')
  }
  const failed = failedOf(error)
  const told = blame.tell(failed) ?? toldByNetwork(failed)
  const message = blame.mask(`${blame.label}: ${told.problem}`)
  return new SyncError(message, told.remedy, { code: told.remedy === 'retry' ? 'database' : undefined })
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

function failedOf(error: unknown): Failed {
  const { code, message, errors, errcode } = (error ?? {}) as {
    code?: unknown
    message?: unknown
    errors?: unknown
    errcode?: unknown
  }
  // A host with several addresses that all refuse.
  if (Array.isArray(errors) && errors.length > 0) return failedOf(errors[0])
  return { code: String(errcode ?? code ?? ''), message: typeof message === 'string' ? message : String(error) }
}

/** What all systems have in common: the network, and its encryption. */
function toldByNetwork({ code, message }: Failed): Explanation {
  if (CERTIFICATE.has(code)) {
    return {
      problem: `its certificate is not trusted (${message}); set sslrootcert=… in the URL to the file with the right certificate, or encrypt without verification with sslmode=require`,
      remedy: 'fix-config',
    }
  }
  if (code === 'ENOENT' || code === 'EACCES') return { problem: message, remedy: 'fix-config' }
  if (NETWORK.test(code)) return { problem: `cannot be reached (${message || code})`, remedy: 'retry' }
  return { problem: message, remedy: 'fix-source' }
}

/** An answer, or undefined where the system cannot take the question as it is written; what may pass is thrown. */
export async function unlessUnfit<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (SyncError.is(error) && error.remedy === 'fix-config') return undefined
    throw error
  }
}
