import { type FeedFinding, SyncError } from '@tidemark/core'
import type pg from 'pg'
import { sizeOf } from '../../size.ts'
import { ask } from '../session.ts'
import { givenProblems } from './given-publication.ts'
import { isAppendOnly, type LoggedTable, quotedRelation } from './logged-table.ts'
import type { GivenNames } from './memberships.ts'
import type { LogNames } from './publication.ts'
import { serverProblems, slotState } from './slot.ts'

const RIGHTS = `
  SELECT pg_catalog.quote_ident(current_user), pg_catalog.quote_ident(pg_catalog.current_database()),
    r.rolsuper OR r.rolreplication OR EXISTS (SELECT FROM pg_catalog.pg_roles m WHERE m.rolname = 'rds_replication'
      AND pg_catalog.pg_has_role(current_user, m.oid, 'MEMBER')),
    EXISTS (SELECT FROM pg_catalog.pg_roles m WHERE m.rolname = 'rds_replication'),
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
  FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`

const PUBLICATIONS = `
  SELECT pubname, pg_catalog.pg_has_role(current_user, pubowner, 'USAGE'), pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(pubowner))
  FROM pg_catalog.pg_publication WHERE pubname = ANY($1::pg_catalog.text[])`

/** Of tables that are in no publication, the owners that this user does not stand for. */
const OWNERS = `
  SELECT c.oid, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) FROM pg_catalog.pg_class c
  WHERE c.oid = ANY($1::pg_catalog.oid[]) AND NOT pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
      WHERE r.prrelid = c.oid AND p.pubname = ANY($2::pg_catalog.text[]))`

const ROOM = `
  SELECT current_setting('max_replication_slots')::int4, (SELECT count(*) FROM pg_catalog.pg_replication_slots),
    current_setting('max_wal_senders')::int4, (SELECT count(*) FROM pg_catalog.pg_stat_replication),
    current_setting('max_slot_wal_keep_size'), pg_catalog.pg_size_bytes(current_setting('max_slot_wal_keep_size')),
    (SELECT t.wal_bytes / greatest(extract(epoch FROM pg_catalog.clock_timestamp() - t.stats_reset), 1) FROM pg_catalog.pg_stat_wal t)`

/** What is missing for a log to be read, with the statements. @param names undefined: it has not begun. @param given what somebody else made for it. */
export async function logFindings(
  client: pg.Client,
  tables: readonly LoggedTable[],
  names: LogNames | undefined,
  given?: GivenNames,
): Promise<readonly FeedFinding[]> {
  const server = (await serverProblems(client)).map((message) =>
    error(new SyncError(message, 'fix-config', { code: 'log' })),
  )
  // Without them the rest cannot be asked.
  if (server.some(({ message }) => !message.startsWith('its wal_level'))) return server
  const own =
    given === undefined
      ? await ownersMissing(client, tables, names)
      : (await givenProblems(client, given)).map((message) =>
          error(new SyncError(message, 'fix-config', { code: 'log-publication' })),
        )
  return [...server, ...(await rightsMissing(client, names)), ...own, ...(await roomMissing(client, tables, names))]
}

const error = ({ message, code }: SyncError): FeedFinding => ({ level: 'error', message, code })
const published = (names: LogNames | undefined): string =>
  names === undefined || names.isGiven ? '{}' : `{${names.changes},${names.additions}}`

async function rightsMissing(client: pg.Client, names: LogNames | undefined): Promise<readonly FeedFinding[]> {
  const [user, database, replicates, hasRds, creates] = (await ask(client, RIGHTS))[0]!
  const publications = await ask(client, PUBLICATIONS, [published(names)])
  const foreign = publications.find(([, own]) => own !== 't')
  const way = hasRds === 't' ? `GRANT rds_replication TO ${user}` : `ALTER ROLE ${user} REPLICATION`
  return [
    ...(replicates === 't'
      ? []
      : [error(new SyncError(`its user may not read the log; run: ${way};`, 'fix-config', { code: 'log-rights' }))]),
    ...(creates === 't' || publications.length === 2 || names?.isGiven === true
      ? []
      : [
          error(
            new SyncError(
              `its user may not create a publication; run: GRANT CREATE ON DATABASE ${database} TO ${user};`,
              'fix-config',
              { code: 'log-rights' },
            ),
          ),
        ]),
    ...(foreign === undefined
      ? []
      : [
          error(
            new SyncError(
              `its publication "${foreign[0]}" belongs to another role; run: GRANT ${foreign[2]} TO ${user};`,
              'fix-config',
              { code: 'log-rights' },
            ),
          ),
        ]),
  ]
}

async function ownersMissing(
  client: pg.Client,
  tables: readonly LoggedTable[],
  names: LogNames | undefined,
): Promise<readonly FeedFinding[]> {
  const byOid = new Map(tables.map((table) => [String(table.found.details['oid']), table]))
  const rows = await ask(client, OWNERS, [`{${[...byOid.keys()].join()}}`, published(names)])
  const [[user] = []] = await ask(client, 'SELECT pg_catalog.quote_ident(current_user)')
  return rows.map(([oid, owner]) => {
    const { name, found } = byOid.get(oid!)!
    return {
      ...error(
        new SyncError(
          `only the owner of ${quotedRelation(found)} can publish it; run: GRANT ${owner} TO ${user};`,
          'fix-config',
          { code: 'log-rights' },
        ),
      ),
      table: name,
    }
  })
}

async function roomMissing(
  client: pg.Client,
  tables: readonly LoggedTable[],
  names: LogNames | undefined,
): Promise<readonly FeedFinding[]> {
  const [slots, used, senders, sending, keepText, keep, rate] = (await ask(client, ROOM))[0]!
  const state = names === undefined ? undefined : await slotState(client, names.slot)
  // One for a moment at a time, for each table that is read from a snapshot of its own.
  const once = tables.some(isAppendOnly) && names === undefined ? 1 : 0
  const wanted = (state === undefined ? 1 : 0) + once
  const streams = (state?.activePid == null ? 1 : 0) + once
  const restart = (setting: string, least: number): string =>
    `run: ALTER SYSTEM SET ${setting} = ${least}; and restart the server`
  return [
    ...(Number(slots) - Number(used) >= wanted
      ? []
      : [
          error(
            new SyncError(
              `all of its ${slots} replication slots are in use (max_replication_slots); ${restart('max_replication_slots', Number(used) + wanted)}, or drop a slot that nobody reads: SELECT * FROM pg_replication_slots WHERE NOT active;`,
              'fix-config',
              { code: 'log-room' },
            ),
          ),
        ]),
    ...(Number(senders) - Number(sending) >= streams
      ? []
      : [
          error(
            new SyncError(
              `all of its ${senders} WAL senders are in use (max_wal_senders); ${restart('max_wal_senders', Number(sending) + streams)}`,
              'fix-config',
              { code: 'log-room' },
            ),
          ),
        ]),
    keepFinding(keepText!, Number(keep), Number(rate ?? 0)),
  ]
}

function keepFinding(text: string, bytes: number, perSecond: number): FeedFinding {
  if (text === '-1')
    return {
      level: 'warning',
      message:
        "nothing limits how much log its slot makes the server keep while nobody reads it (max_slot_wal_keep_size = -1), until the disk is full; run, with less than the free space: ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();",
    }
  const last = perSecond > 0 ? `; at its average of ${sizeOf(perSecond)}/s that lasts ${spanOf(bytes / perSecond)}` : ''
  return {
    level: 'note',
    message: `the server gives its slot up when ${text} of log wait to be read (max_slot_wal_keep_size)${last}, and the tables are then read again`,
  }
}

function spanOf(seconds: number): string {
  if (seconds < 5400) return `about ${Math.max(1, Math.round(seconds / 60))} min`
  return seconds < 172_800 ? `about ${Math.round(seconds / 3600)} h` : `about ${Math.round(seconds / 86_400)} days`
}
