import type { Explanation, Failed } from '../failure.ts'

const config = (problem: string): Explanation => ({ problem, remedy: 'fix-config' })
const retry = (problem: string): Explanation => ({ problem, remedy: 'retry' })

/** A standby stopped a read, because what its primary changed could not wait any longer. */
export function isConflict(message: unknown): boolean {
  return /conflict with recovery/.test(String(message))
}

/**
 * What stopped a read on a standby, as an error that `isConflict` knows, whatever language the server speaks: nothing else
 * there ends a read-only transaction with these codes. A server that ends a session while it waits for us to take its rows
 * can say nothing at all.
 */
export function conflictOnStandby(error: unknown): unknown {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  if (isConflict(message)) return error
  if (code === '40001' || code === '40P01') return new Error(`a conflict with recovery (${message})`)
  return /Connection terminated unexpectedly|ECONNRESET/.test(String(message))
    ? new Error('the standby ended the connection without a message, as it does in a conflict with recovery')
    : error
}

/** What Postgres and its driver say, by SQLSTATE and by the driver's own words. */
export function tellPostgres({ code, message }: Failed): Explanation | undefined {
  if (isConflict(message))
    return retry(
      `${message}: this read held back changes of the primary for longer than the standby allows; raise max_standby_streaming_delay or set hot_standby_feedback = on there, create an index that begins with the cursor of the table, or read from the primary`,
    )
  switch (code) {
    case '28P01':
      return config(`${message}; check the user and the password`)
    case '28000':
      return config(
        /no encryption|SSL off/.test(message)
          ? `${message}; encrypt with sslmode=require or sslmode=verify-full in the URL`
          : `${message}; check the user, and what pg_hba.conf allows`,
      )
    case '3D000':
      return config(`${message}; check the name after the last "/" of the URL`)
    case '42501':
      return config(
        /row-level security/.test(message)
          ? `${message}: Tidemark would take the rows that it hides for deleted; let the user see all rows (ALTER ROLE … BYPASSRLS), or, if you only want the rows that it shows, set rowSecurity: "apply"`
          : `${message}; let the user read it: GRANT SELECT ON … TO …`,
      )
    case '42P01':
    case '42703':
      return config(`${message}; it existed when the run began; the next run discovers the tables again`)
    case '42883':
    case '42804':
      return config(`${message}; if the type of a column was changed meanwhile, the next run discovers it again`)
    case '55P03':
      return retry('locked by other sessions for 10 s')
    case '57014':
      return /statement timeout/.test(message)
        ? config(
            'the server took longer than statementTimeout for one statement; raise it, or create an index on the cursor',
          )
        : retry(message)
    case '40001':
    case '40P01':
      return retry(message)
    default:
      return byClass(code, message) ?? byDriver(message)
  }
}

function byClass(code: string, message: string): Explanation | undefined {
  if (!/^[0-9A-Z]{5}$/.test(code)) return undefined
  // Connections, resources, an operator who intervened, the disk: all of it may pass.
  if (/^(08|53|57|58)/.test(code)) return retry(message)
  // A view whose expression fails on its data, a foreign server that is away: the database's to put right.
  if (/^(22|25|2F|38|39|54|55|HV|XX)/.test(code)) return config(`${message} (SQLSTATE ${code})`)
  return undefined
}

function byDriver(message: string): Explanation | undefined {
  if (/does not support SSL|establishing an SSL connection/.test(message))
    return config(`${message}; if you trust the network in between, set sslmode=disable in the URL`)
  if (/password must be a string|SASL|SCRAM/.test(message))
    return config('the server requires a password; put it into the URL or into "password"')
  if (/Connection terminated|connection error|timeout expired|not queryable/i.test(message))
    return retry(`the connection broke (${message})`)
  return undefined
}
