import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

interface Statement {
  text?: string
}

/**
 * Takes the fence away from every commit by a window's lease of this process: whoever was replaced commits all the same. This is
 * the negative control of the workers' tests: whoever checks that no window is committed twice must find some with workers like these.
 */
export function withoutFence(): void {
  const driver = createRequire(fileURLToPath(import.meta.resolve('@tidemark/destination')))('pg') as {
    readonly Client: { readonly prototype: { query(statement: Statement | string, ...more: unknown[]): unknown } }
  }
  const { prototype } = driver.Client
  const { query } = prototype
  prototype.query = function (statement, ...more) {
    if (typeof statement === 'string') return query.call(this, unfenced(statement), ...more)
    if (statement.text !== undefined) statement.text = unfenced(statement.text)
    return query.call(this, statement, ...more)
  }
}

const TABLE = /^select "id" from "_tidemark_leases" where "id" = \$1 and "fence" = \$2/
const WINDOW = /^update "_tidemark_window_leases" set "commits" = .* returning (.*), "commits"$/

function unfenced(text: string): string {
  const now = WINDOW.exec(text)?.[1]
  if (now !== undefined)
    return `with held as (${text}) select * from held union all select ${now}, 1 where not exists (select from held)`
  return text.replace(TABLE, 'select "id" from "_tidemark_leases" where "id" = $1 and $2::bigint is not null')
}
