// Keeps the state of this version as SQL, for the versions to come: `node test/released/make-state.ts`, once before a release.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Runner, STATE_VERSION } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { sync } from '@tidemark/engine'
import { startPostgres } from '@tidemark/postgres-server'
import { crashSource } from '../../src/crash/crash-source.ts'
import { startVictim } from '../../src/crash/start-victim.ts'

/** A first run to its end; one that was killed and holds its leases; a table that is to be read again. */
async function fill(url: string): Promise<void> {
  const runner: Runner = { id: 'first', host: 'released', pid: 1, startedAt: 1n }
  const destination = await openDestination({ url, runner })
  await sync({
    sources: [{ name: 'crash', source: crashSource({ until: 10, pageMs: 0 }), config: {}, options: {} }],
    destination,
    settings: { rejectLimit: { share: 0.5, above: 100 } },
  })
  const { leases } = await destination.lease(['crash_keyed'])
  await destination.record(leases[0]!, [
    {
      kind: 'resync',
      partition: '',
      window: { from: 1_767_225_600_000_000n, to: 1_767_225_900_000_000n },
      reason: 'x',
    },
  ])
  await destination.release(leases)
  await destination.close()
  const killed = startVictim({ url, until: 14, pageMs: 0, concurrency: 1, leaseMs: 1000, host: 'released' }, [
    { point: 'before-batch', nth: 3, action: 'kill' },
  ])
  if ((await killed.ended).signal !== 'SIGKILL') throw new Error(`it was not killed: ${JSON.stringify(killed.lines)}`)
}

async function ofSqlite(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-released-'))
  const url = join(folder, 'x.db')
  await fill(url)
  const database = new DatabaseSync(url)
  const all = (text: string) => database.prepare(text).all() as Record<string, string>[]
  const made = all("select type, name, sql from sqlite_schema where sql is not null and name not like 'sqlite_%'")
  const of = (...types: readonly string[]) => made.filter(({ type }) => types.includes(type!))
  const rows = [...of('table').map(({ name }) => name!), 'sqlite_sequence'].flatMap((name) => {
    const columns = all(`select name from pragma_table_info('${name}')`).map((one) => `quote("${one['name']}")`)
    const values = all(`select ${columns.join(` || ', ' || `)} as row from "${name}"`)
    return [
      ...(name === 'sqlite_sequence' ? ['delete from sqlite_sequence'] : []),
      ...values.map(({ row }) => `insert into "${name}" values (${row})`),
    ]
  })
  database.close()
  rmSync(folder, { recursive: true })
  return text([
    ...of('table').map(({ sql }) => sql!),
    ...rows,
    ...of('index', 'view', 'trigger').map(({ sql }) => sql!),
  ])
}

/** The server itself writes down what is made. */
const NOTING = [
  'create schema made',
  'create table made.ddl (at bigint generated always as identity, said text)',
  `create function made.note() returns event_trigger language plpgsql as $$ begin
    if tg_tag ~ '^(CREATE (TABLE|INDEX|VIEW)|ALTER TABLE)' then insert into made.ddl (said) values (current_query()); end if; end $$`,
  'create event trigger note on ddl_command_end execute function made.note()',
]

async function ofPostgres(): Promise<string> {
  const server = await startPostgres()
  const database = await server.newDatabase()
  for (const statement of NOTING) await server.rows(statement, database)
  await fill(server.urlOf(database))
  const rows = async (statement: string) => (await server.rows(statement, database)).map((row) => String(row[0]))
  // The state of a script is in the schema that is first for whoever runs it.
  const [home] = await rows("select relnamespace::regnamespace from pg_class where relname = '_tidemark_meta'")
  const tables = await rows(
    `select relname from pg_class where relkind = 'r' and relname not like '\\_tidemark\\_staging%' and relnamespace = '${home}'::regnamespace`,
  )
  const made = await rows("select said from made.ddl where said !~* '^create (temp|unlogged)' order by at")
  const filled: string[] = []
  for (const name of tables) {
    const json = await rows(`select to_jsonb(t)::text from ${home}."${name}" as t`)
    if (json.length > 0)
      filled.push(
        `insert into "${name}" overriding system value select * from jsonb_populate_recordset(null::"${name}", '[\n${json.join(',\n').replaceAll("'", "''")}\n]')`,
      )
  }
  const counted = await rows(
    `select format('select setval(%L, %s)', s.sequencename, s.last_value) from pg_sequences s where s.schemaname = '${home}' and s.last_value is not null`,
  )
  await server.stop()
  return text([...made.map((one) => one.replaceAll(`"${home}".`, '')), ...filled, ...counted])
}

const text = (statements: readonly string[]): string => statements.map((one) => `${one};\n`).join('\n')

for (const [kind, make] of [
  ['sqlite', ofSqlite],
  ['postgres', ofPostgres],
] as const)
  writeFileSync(join(import.meta.dirname, `state-${STATE_VERSION}.${kind}.sql`), await make())
