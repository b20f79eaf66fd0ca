const BEGINS_AS_DSN =
  /^\s*(?:application_name|channel_binding|client_encoding|connect_timeout|dbname|fallback_application_name|gssencmode|host|hostaddr|keepalives\w*|load_balance_hosts|options|passfile|password|port|require_auth|requirepeer|service|ssl\w+|target_session_attrs|tcp_user_timeout|user)\s*=/i

/** Whether a text is written as libpq takes it beside a URL: `host=db user=me dbname=x`. */
export function isDsn(text: string): boolean {
  return BEGINS_AS_DSN.test(text) && !SEMICOLONS.test(text)
}

/** `Server=db;Password=…`, as programs for Windows write it, and `pgsql:host=db;dbname=x`. */
const SEMICOLONS = /=[^;'"]*;\s*[a-z][a-z _]*=/i
const SETTING =
  /(?:^|[;?&\s])(?:auth_?token|data source|database|dbname|driver|host|hostname|initial catalog|passwd|password|pwd|server|uid|user|user id|username)\s*=/i
/** What begins so is a path, whatever is in it. */
const BEGINS_AS_PATH = /^(?:\.{1,2}[\\/]|\/(?!\/)|[a-z]:[\\/]|\\\\)/i
/** `duckdb:x`, `me:secret@host`, `host:5432:db`. */
const BEGINS_AS_ADDRESS = /^[^/\\\s]*:/
/** `//me:secret@host/db`, `me/secret@//host:1521/service`, `me/secret@host:1521`. */
const HOLDS_A_HOST = /:\/\/|^\/\/[^/]*@|@\/\/|@[^/\\]*:\d/

/**
 * Whether a text that would be taken for the path of a file may be the address of a database, in whose words ever. Such a
 * text may hold a password, so no message shows it, and no file of its name is made; `./` before it makes it a path.
 */
export function looksLikeAddress(text: string): boolean {
  const plain = text.trim()
  if (BEGINS_AS_PATH.test(plain)) return false
  return (
    /^["'`]/.test(plain) ||
    BEGINS_AS_ADDRESS.test(plain) ||
    HOLDS_A_HOST.test(plain) ||
    SETTING.test(plain) ||
    SEMICOLONS.test(plain)
  )
}
