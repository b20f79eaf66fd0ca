import type { Explanation, Failed } from '../failure.ts'

const config = (problem: string): Explanation => ({ problem, remedy: 'fix-config' })
const retry = (problem: string): Explanation => ({ problem, remedy: 'retry' })

/** What MySQL, MariaDB and their driver say. */
export function tellMySql({ code, message }: Failed): Explanation | undefined {
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
      return config(`${message}; check the user, the password, and the hosts that this user may come from`)
    case 'ER_DBACCESS_DENIED_ERROR':
    case 'ER_TABLEACCESS_DENIED_ERROR':
    case 'ER_COLUMNACCESS_DENIED_ERROR':
    case 'ER_VIEW_INVALID':
      return config(`${message}; let the user read it: GRANT SELECT ON … TO …`)
    case 'ER_BAD_DB_ERROR':
      return config(`${message}; check the name behind the last "/" of the URL`)
    case 'ER_NO_SUCH_TABLE':
    case 'ER_BAD_FIELD_ERROR':
      return config(`${message}; it was there when the run began, the next run looks again`)
    case 'ER_QUERY_TIMEOUT':
    case 'ER_STATEMENT_TIMEOUT':
      return config(
        'the server worked longer than statementTimeout on one answer; raise it, or give the cursor an index',
      )
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return config(`${message}; if the network in between is trusted, say sslmode=disable in the URL`)
    case 'HANDSHAKE_SSL_ERROR':
      return config(
        `${message}; give the file with the right certificate as sslrootcert=… in the URL, or encrypt without a check with sslmode=require`,
      )
    case 'ER_LOCK_WAIT_TIMEOUT':
    case 'ER_LOCK_DEADLOCK':
    case 'ER_CON_COUNT_ERROR':
    case 'ER_TOO_MANY_USER_CONNECTIONS':
    case 'ER_USER_LIMIT_REACHED':
    case 'ER_SERVER_SHUTDOWN':
    case 'ER_NEW_ABORTING_CONNECTION':
    case 'ER_NET_READ_INTERRUPTED':
    case 'ER_CONNECTION_KILLED':
    case 'ER_QUERY_INTERRUPTED':
    case 'ER_TABLE_DEF_CHANGED':
      return retry(message)
    default:
      return /closed state|Connection lost|connect ETIMEDOUT|closed the connection/i.test(message)
        ? retry(`the connection broke (${message})`)
        : undefined
  }
}
