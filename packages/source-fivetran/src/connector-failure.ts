import type { ProcessEnding } from '@tidemark/child-process'
import { type Remedy, SyncError } from '@tidemark/core'
import type { Operation } from './operation.ts'

type Failed = Extract<Operation, { readonly kind: 'failed' }>

const WAYS_OUT: Readonly<Record<string, { readonly remedy: Remedy; readonly code: string; readonly wayOut: string }>> =
  {
    exit: {
      ...{ remedy: 'fix-source', code: 'connector-exited' },
      wayOut: 'a connector returns from update() when it is done, and raises an error when it cannot continue',
    },
    package: {
      ...{ remedy: 'fix-config', code: 'packages' },
      wayOut: 'add the package to the requirements.txt of the connector',
    },
    import: {
      ...{ remedy: 'fix-config', code: 'packages' },
      wayOut: 'a package of its requirements.txt has another version than it needs, or needs a library of the system',
    },
    code: { remedy: 'fix-source', code: 'connector-failed', wayOut: 'correct the connector' },
    file: {
      remedy: 'fix-config',
      code: 'connector-failed',
      wayOut: 'the connector runs in its own folder; put the file there',
    },
  }

/** What a connector that raised an error needs. */
export function raised(
  subject: string,
  verb: string,
  { why, message, where, trace, answer }: Failed,
  now: number = Date.now(),
): SyncError {
  const failed = `${subject}: ${verb}() failed${where === '' ? '' : ` (${where})`}: ${message}`
  const cause = new Error(trace)
  if (answer?.[0] === 401)
    return new SyncError(
      `${failed}; its system does not accept the credentials: correct config.secrets, or the configuration of the connector`,
      'fix-config',
      { code: 'unauthorized', cause },
    )
  const known = WAYS_OUT[why]
  if (known === undefined) {
    const retryAfterMs = answer?.[1] == null ? undefined : waitOf(answer[1], now)
    return new SyncError(failed, 'retry', { code: 'connector-failed', retryAfterMs, cause })
  }
  const { remedy, code, wayOut } = known
  return new SyncError(`${failed}; ${wayOut}`, remedy, { code, cause })
}

/** A `Retry-After` in milliseconds: seconds, or a date. Undefined: it is neither. */
function waitOf(text: string, now: number): number | undefined {
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

/** The process is gone, and update() had not returned. */
export function goneEarly(subject: string, verb: string, code: number | null): SyncError {
  return new SyncError(
    `${subject}: its process ended with exit code ${code} before ${verb}() returned, so what it wrote since its last checkpoint is not complete; a connector must not call os._exit()`,
    'fix-source',
    { code: 'connector-exited' },
  )
}

/** How the process ended, where no message of the connector says more. */
export function endedEarly(subject: string, verb: string): (ending: ProcessEnding) => SyncError | undefined {
  return ({ code, signal, stderr }) =>
    signal !== null || code === 126 || code === 127 || stderr !== '' ? undefined : goneEarly(subject, verb, code)
}
