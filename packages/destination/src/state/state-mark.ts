/**
 * One statement whose answer changes with every change of the state. Each fenced transaction counts up its lease, and
 * beside those only runs begin and end.
 */
export const STATE_MARK = `select (select coalesce(sum(commits + fence), 0) from _tidemark_leases) + (select coalesce(sum(commits), 0) from _tidemark_window_leases),
  (select count(*) from _tidemark_tables), (select coalesce(sum(removed_at), 0) from _tidemark_tables),
  (select max(run) from _tidemark_runs), (select max(ended_at) from (select ended_at from _tidemark_runs order by run desc limit 100) newest),
  (select count(ended_at) from (select ended_at from _tidemark_runs order by run desc limit 100) newest)`

/** The answer as one text. */
export function markOf(rows: readonly (readonly unknown[])[]): string {
  return (rows[0] ?? []).join(' ')
}
