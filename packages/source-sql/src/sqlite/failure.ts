import type { Explanation, Failed } from '../failure.ts'

const PRIMARY = 0xff

/** What SQLite says, by its result codes. */
export function tellSqlite({ code, message }: Failed): Explanation | undefined {
  switch (Number(code) & PRIMARY) {
    case 5:
    case 6:
      return { problem: `${message}; another process holds the file`, remedy: 'retry' }
    case 10:
      return { problem: message, remedy: 'retry' }
    case 1:
      return /no such (table|column)/.test(message)
        ? {
            problem: `${message}; it existed when the run began; the next run discovers the tables again`,
            remedy: 'fix-config',
          }
        : { problem: message, remedy: 'fix-config' }
    case 3:
    case 8:
    case 14:
      return {
        problem: `${message}; check the path, and that this user may read the file (in WAL mode also write its folder)`,
        remedy: 'fix-config',
      }
    case 11:
    case 26:
      return { problem: `${message}; it is not a SQLite database, or it is damaged`, remedy: 'fix-config' }
    default:
      return undefined
  }
}
