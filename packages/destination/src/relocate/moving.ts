import { SyncError } from '@tidemark/core'
import { type Kysely, sql } from 'kysely'
import type { StateDialect } from '../state/state-dialect.ts'
import type { StateDatabase } from '../state/state-types.ts'

/** The record in the target of a move: its origin, and the tables created so far. It exists only during the move. */
const MOVING = '_tidemark_moving'
type Moving = Kysely<{ [MOVING]: { origin: string; name: string | null } }>
const face = (db: Kysely<StateDatabase>) => db as unknown as Moving

export interface InterruptedMove {
  readonly origin: string
  /** Tables that it made. */
  readonly names: readonly string[]
}

/** The move that is running here, or was interrupted; undefined if there is no such move. */
export async function moveInto(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<InterruptedMove | undefined> {
  if (!(await dialect.hasTable(db as unknown as Kysely<never>, MOVING))) return undefined
  const rows = await face(db).selectFrom(MOVING).selectAll().execute()
  return {
    origin: rows[0]?.origin ?? 'somewhere',
    names: rows.flatMap(({ name }) => (name === null ? [] : [name])),
  }
}

/** @throws SyncError because an unfinished move cannot be continued from. */
export function refuseMoving(move: InterruptedMove | undefined, place: string): void {
  if (move === undefined) return
  throw new SyncError(
    `a move from ${move.origin} into ${place} is running or was interrupted, so the tables there are incomplete; run "tidemark move" again, which starts over, or drop the tables there`,
    'fix-config',
    { code: 'destination-moving' },
  )
}

export async function markMoving(db: Kysely<StateDatabase>, origin: string): Promise<void> {
  await face(db)
    .schema.createTable(MOVING)
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('name', 'text')
    .execute()
  await face(db).insertInto(MOVING).values({ origin, name: null }).execute()
}

export async function markMade(db: Kysely<StateDatabase>, name: string): Promise<void> {
  await sql`insert into ${sql.table(MOVING)} (origin, name) select min(origin), ${name} from ${sql.table(MOVING)}`.execute(
    db,
  )
}

export async function unmarkMoving(db: Kysely<StateDatabase>): Promise<void> {
  await face(db).schema.dropTable(MOVING).ifExists().execute()
}
