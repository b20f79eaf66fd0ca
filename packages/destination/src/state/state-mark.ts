type Rows = readonly (readonly unknown[])[]

/** Runs one statement. */
export type MarkQuery = (statement: string) => { rows: Rows } | Promise<{ rows: Rows }>

const WINDOWS = '(select coalesce(sum(commits), 0) from _tidemark_window_leases)'
/** Runs overlap, and each has lines of its own. */
const LOGGED_RUNS = 4
const LOGGED = Array.from(
  { length: LOGGED_RUNS },
  (_, at) =>
    `coalesce((select max(line) from _tidemark_run_log where run = (select max(run) from _tidemark_runs) - ${at}), 0)`,
).join(' + ')

/**
 * One text that changes with every change of the state, and with every line that the newest runs log. Each fenced transaction
 * counts up its lease, and beside those only runs begin and end. An earlier version of the state, which a sync may migrate at
 * any time, knows of no leases of windows.
 *
 * @param hasLog a query that has a row if there is a table of logs, which the first run that logs something makes.
 */
export async function readMark(query: MarkQuery, hasLog: string): Promise<string> {
  const [[version, log] = []] = (await query(`select version, (${hasLog}) from _tidemark_meta`)).rows
  const { rows } = await query(
    `select (select coalesce(sum(commits + fence), 0) from _tidemark_leases) + ${Number(version) < 5 ? 0 : WINDOWS},
  (select count(*) from _tidemark_tables), (select coalesce(sum(removed_at), 0) from _tidemark_tables),
  (select max(run) from _tidemark_runs), (select max(ended_at) from (select ended_at from _tidemark_runs order by run desc limit 100) newest),
  (select count(ended_at) from (select ended_at from _tidemark_runs order by run desc limit 100) newest),
  ${log == null ? 0 : LOGGED}`,
  )
  return [version, ...(rows[0] ?? [])].join(' ')
}
