import { SyncError } from '@tidemark/core'
import type pg from 'pg'
import { ask } from '../session.ts'
import { type LoggedTable, quotedRelation } from './logged-table.ts'
import type { GivenNames } from './memberships.ts'
import { heldSlot, slotState } from './slot.ts'

const PUBLICATION = `
  SELECT p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate, p.pubviaroot
  FROM pg_catalog.pg_publication p WHERE p.pubname = $1`

/** Tables of which it has only some columns or rows. Postgres 14 has no such tables. */
const PARTS = `
  SELECT r.prrelid FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
  WHERE p.pubname = $1 AND (to_jsonb(r) ->> 'prqual' IS NOT NULL OR to_jsonb(r) ->> 'prattrs' IS NOT NULL)`

/** What is wrong with a publication and a slot, each with the statement that helps. */
export async function givenProblems(client: pg.Client, { publication, slot }: GivenNames): Promise<readonly string[]> {
  const [found] = await ask(client, PUBLICATION, [publication])
  const quoted = quotedName(publication)
  const state = await slotState(client, slot)
  const made = `SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput');`
  return [
    ...(found === undefined
      ? [
          `there is no publication ${quoted}, which config.publication names; run: CREATE PUBLICATION ${quoted} FOR TABLE …;`,
        ]
      : []),
    ...(found !== undefined && found[0] !== 't'
      ? [
          `its publication ${quoted} leaves out changes of some kinds; run: ALTER PUBLICATION ${quoted} SET (publish = 'insert, update, delete, truncate');`,
        ]
      : []),
    ...(found?.[1] === 't'
      ? [
          `its publication ${quoted} tells changes of partitions as those of their table; run: ALTER PUBLICATION ${quoted} SET (publish_via_partition_root = false);`,
        ]
      : []),
    ...(state === undefined ? [`there is no replication slot "${slot}", which config.slot names; run: ${made}`] : []),
    ...(state !== undefined && (state.plugin !== 'pgoutput' || !state.isHere)
      ? [`its replication slot "${slot}" is of another plugin or another database; make one here: ${made}`]
      : []),
    ...(state?.walStatus === 'lost'
      ? [
          `its replication slot "${slot}" was invalidated: the server removed the log that it needs; run: SELECT pg_drop_replication_slot('${slot}'); ${made}`,
        ]
      : []),
  ]
}

/** What is known of the tables of a publication. */
export interface GivenTables {
  /** Relations that it has, partitions too, by their oids. */
  readonly all: ReadonlySet<string>
  /** Those of which it has a part. */
  readonly partial: ReadonlySet<string>
}

/** @returns undefined: there is no such publication. */
export async function givenTables(client: pg.Client, { publication }: GivenNames): Promise<GivenTables | undefined> {
  const there = await ask(client, 'SELECT FROM pg_catalog.pg_publication WHERE pubname = $1', [publication])
  if (there.length === 0) return undefined
  const all = await ask(client, 'SELECT relid::pg_catalog.oid FROM pg_catalog.pg_get_publication_tables($1)', [
    publication,
  ])
  const partial = await ask(client, PARTS, [publication])
  return { all: new Set(all.map(([oid]) => oid!)), partial: new Set(partial.map(([oid]) => oid!)) }
}

/** Why a table cannot be read by a publication, with the statement that helps; undefined: it can. */
export function unpublishedFor(
  label: string,
  { publication }: GivenNames,
  published: GivenTables | undefined,
  { found, leaves }: Pick<LoggedTable, 'found' | 'leaves'>,
): SyncError | undefined {
  const oids = leaves.map(({ oid }) => String(oid))
  const own = String(found.details['oid'])
  const [quoted, relation] = [quotedName(publication), quotedRelation(found)]
  if (published === undefined)
    return new SyncError(
      `${label}: there is no publication ${quoted}; run: CREATE PUBLICATION ${quoted} FOR TABLE ${relation};`,
      'fix-config',
      {
        code: 'log-publication',
      },
    )
  const { all, partial } = published
  const isIn = all.has(own) || oids.every((oid) => all.has(oid))
  const isPart = [own, ...oids].some((oid) => partial.has(oid))
  if (isIn && !isPart) return undefined
  const why = isIn
    ? `is in publication ${quoted} with a part of its columns or rows; run: ALTER PUBLICATION ${quoted} DROP TABLE ${relation}; ALTER PUBLICATION ${quoted} ADD TABLE ${relation};`
    : `is not in publication ${quoted}; run: ALTER PUBLICATION ${quoted} ADD TABLE ${relation};`
  return new SyncError(`${label}: ${relation} ${why}`, 'fix-config', { code: 'log-publication' })
}

/** @throws SyncError `fix-config` where what was made for a feed is not as it must be. */
export async function checkGiven(client: pg.Client, given: GivenNames | undefined, label: string): Promise<void> {
  const [problem] = given === undefined ? [] : await givenProblems(client, given)
  if (problem !== undefined) throw new SyncError(`${label}: ${problem}`, 'fix-config', { code: 'log-publication' })
}

/** Moves the slot to where the log is: what was before is read from the tables, and may be of other columns than they have now. */
export async function takeGiven(client: pg.Client, given: GivenNames, label: string): Promise<void> {
  await checkGiven(client, given, label)
  const { slot } = given
  const { activePid } = (await slotState(client, slot))!
  if (activePid !== null) throw heldSlot(label, slot, activePid)
  await ask(client, 'SELECT pg_catalog.pg_replication_slot_advance($1, pg_catalog.pg_current_wal_flush_lsn())', [slot])
}

const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`
