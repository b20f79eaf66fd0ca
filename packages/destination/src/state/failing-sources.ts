import { isOf, type Project, type RunChange, SourceFailure, type State } from '@tidemark/core/engine'
import type { Kysely, Selectable } from 'kysely'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

const TABLE = '_tidemark_failing_sources'

type Db = Kysely<StateDatabase>
type Row = Selectable<StateDatabase[typeof TABLE]>

interface Whose {
  readonly flavor: StateDialect
  readonly project?: Project | undefined
}

/** A source could not be asked for its tables, or can be again. */
export async function recordSource(
  db: Db,
  { source, failure, isSilent }: Extract<RunChange, { readonly kind: 'source' }>,
  { flavor: dialect, project }: Whose,
): Promise<void> {
  const own = (await db.selectFrom(TABLE).selectAll().where('source', '=', source).execute()).filter(ofProject(project))
  for (const row of own)
    await db.deleteFrom(TABLE).where('source', '=', source).where('project', '=', row.project).execute()
  if (failure === undefined) return
  const [before] = own
  await db
    .insertInto(TABLE)
    .values({
      source,
      project: project?.record ?? '',
      failures: Number(before?.failures ?? 0) + (isSilent === true ? 0 : 1),
      failed_at: before?.failed_at ?? dialect.now,
      error: failure.message,
      error_code: failure.code,
      error_remedy: failure.remedy,
    })
    .execute()
}

/** The sources of a project that could not be asked. An earlier version of the state knows of none. */
export async function readFailingSources(
  db: Db,
  dialect: StateDialect,
  project: Project | undefined,
): Promise<Pick<State, 'failingSources'>> {
  if (!(await dialect.hasTable(db as unknown as Kysely<never>, TABLE))) return {}
  const rows = (await db.selectFrom(TABLE).selectAll().orderBy('source').execute()).filter(ofProject(project))
  if (rows.length === 0) return {}
  return { failingSources: new Map(rows.map((row) => [row.source, failureIn(row)])) }
}

const ofProject =
  (project: Project | undefined) =>
  (row: Row): boolean =>
    project === undefined || isOf({ project: row.project === '' ? null : row.project, source: row.source }, project)

function failureIn(row: Row): SourceFailure {
  return SourceFailure.parse({
    failures: Number(row.failures),
    failedAt: BigInt(row.failed_at),
    message: row.error,
    code: row.error_code,
    remedy: row.error_remedy,
  })
}
