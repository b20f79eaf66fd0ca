type Rows = readonly (readonly unknown[])[]

const WINDOWS = '(select coalesce(sum(commits), 0) from _tidemark_window_leases)'

/**
 * One text that changes with every change of the state. Each fenced transaction counts up its lease, and beside those only
 * runs begin and end. An earlier version of the state, which a sync may migrate at any time, knows of no leases of windows.
 */
export async function readMark(
  query: (statement: string) => { rows: Rows } | Promise<{ rows: Rows }>,
): Promise<string> {
  const version = (await query('select version from _tidemark_meta')).rows[0]?.[0]
  const { rows } = await query(
    `select (select coalesce(sum(commits + fence), 0) from _tidemark_leases) + ${Number(version) < 5 ? 0 : WINDOWS},
  (select count(*) from _tidemark_tables), (select coalesce(sum(removed_at), 0) from _tidemark_tables),
  (select max(run) from _tidemark_runs), (select max(ended_at) from (select ended_at from _tidemark_runs order by run desc limit 100) newest),
  (select count(ended_at) from (select ended_at from _tidemark_runs order by run desc limit 100) newest)`,
  )
  return [version, ...(rows[0] ?? [])].join(' ')
}
