import type { Explanation, Failed } from '../failure.ts'

const config = (problem: string): Explanation => ({ problem, remedy: 'fix-config' })
const retry = (problem: string): Explanation => ({ problem, remedy: 'retry' })

/** What MySQL, MariaDB and their driver say. */
export function tellMySql({ code, message }: Failed): Explanation | undefined {
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
      return config(`${message}; check the user, the password, and the hosts that this user may connect from`)
    case 'ER_DBACCESS_DENIED_ERROR':
    case 'ER_TABLEACCESS_DENIED_ERROR':
    case 'ER_COLUMNACCESS_DENIED_ERROR':
    case 'ER_VIEW_INVALID':
      return config(`${message}; let the user read it: GRANT SELECT ON … TO …`)
    case 'ER_BAD_DB_ERROR':
      return config(`${message}; check the name after the last "/" of the URL`)
    case 'ER_NO_SUCH_TABLE':
    case 'ER_BAD_FIELD_ERROR':
      return config(`${message}; it existed when the run began; the next run discovers the tables again`)
    case 'ER_QUERY_TIMEOUT':
    case 'ER_STATEMENT_TIMEOUT':
      return config(
        'the server took longer than statementTimeout for one statement; raise it, or create an index on the cursor',
      )
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return config(`${message}; if you trust the network in between, set sslmode=disable in the URL`)
    case 'HANDSHAKE_SSL_ERROR':
      return config(
        `${message}; set sslrootcert=… in the URL to the file with the right certificate, or encrypt without verification with sslmode=require`,
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
