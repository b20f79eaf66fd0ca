import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, homedir, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '@tidemark/postgres-server'
import { pagesOf } from './rows.ts'

// What other tools need for the same work, as whole commands, one after another on one machine:
// `pnpm --filter @tidemark/bench run peers [rows] [tool …]`. They are installed from PyPI into a folder of their own. Not a part of `pnpm bench`.

/** Each in an environment of its own: they want different versions of the same packages. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  dlt: ['dlt[postgres,sql_database,filesystem]==1.31.0', 'pandas==2.3.3', 'pyarrow==21.0.0', 'sqlalchemy==2.0.58'],
  ingestr: ['ingestr==0.15.9'],
  sling: ['sling-linux-amd64==1.4.11'],
  tap: ['meltanolabs-tap-postgres==0.10.0'],
  target: ['meltanolabs-target-postgres==0.8.1'],
}
const FOLDER = process.env['TIDEMARK_PEERS'] ?? join(homedir(), '.cache', 'tidemark-peers')
const COLUMNS = `id bigint primary key, customer_id bigint, email text, status text, note text, amount double precision, paid boolean,
  created_at timestamptz, updated_at timestamptz, tags jsonb`

/** What a tool is given. */
interface Task {
  readonly source: string
  readonly destination: string
  readonly csv: string
  /** Empty, for what a tool wants to have in files. */
  readonly folder: string
}

/** A command in sh, and the table that it fills. */
interface Work {
  readonly command: string
  readonly table: string
}

interface Tool {
  readonly name: string
  readonly packages: readonly string[]
  readonly fromPostgres: (task: Task) => Work
  readonly fromCsv?: (task: Task) => Work
}

const bin = (environment: string, program: string): string => join(FOLDER, environment, 'bin', program)
/** Its package in Python would download the binary that its wheel for Linux holds. */
const SLING = `${FOLDER}/sling/lib/python3*/site-packages/sling_linux_amd64/bin/sling-linux-amd64`

const TOOLS: readonly Tool[] = [
  {
    name: 'psql \\copy',
    packages: [],
    fromPostgres: ({ source, destination }) => ({
      command: `psql -q "${source}" -c '\\copy orders to stdout' | psql -q "${destination}" -c 'create table piped (${COLUMNS})' -c '\\copy piped from stdin'`,
      table: 'piped',
    }),
    fromCsv: ({ destination, csv }) => ({
      command: `psql -q "${destination}" -c 'create table copied (${COLUMNS})' -c "\\copy copied from '${csv}' csv header"`,
      table: 'copied',
    }),
  },
  {
    name: 'tidemark sync',
    packages: [],
    fromPostgres: (task) => ({
      command: tidemark(task, 'sql', { url: task.source, tables: { orders: { cursor: false } } }),
      table: 'tidemark.sql_orders',
    }),
    fromCsv: (task) => ({
      command: tidemark(task, 'files', { tables: { orders: { path: task.csv, primaryKey: ['id'] } } }),
      table: 'tidemark.files_orders',
    }),
  },
  {
    name: 'Sling 1.4.11, full-refresh',
    packages: ['sling'],
    fromPostgres: ({ source, destination }) => ({
      command: `${SLING} run --src-conn '${source}' --src-stream public.orders --tgt-conn '${destination}' --tgt-object sling.orders --mode full-refresh`,
      table: 'sling.orders',
    }),
    fromCsv: ({ destination, csv }) => ({
      command: `${SLING} run --src-stream 'file://${csv}' --tgt-conn '${destination}' --tgt-object sling.files --mode full-refresh`,
      table: 'sling.files',
    }),
  },
  {
    name: 'ingestr 0.15.9, replace',
    packages: ['ingestr'],
    fromPostgres: ({ source, destination }) => ({
      command: `${bin('ingestr', 'ingestr')} ingest --yes --progress log --source-uri '${source}' --source-table public.orders --dest-uri '${destination}' --dest-table ingestr.orders --incremental-strategy replace`,
      table: 'ingestr.orders',
    }),
    fromCsv: ({ destination, csv }) => ({
      command: `${bin('ingestr', 'ingestr')} ingest --yes --progress log --source-uri 'csv://${csv}' --source-table orders --dest-uri '${destination}' --dest-table ingestr.files --incremental-strategy replace`,
      table: 'ingestr.files',
    }),
  },
  {
    name: 'dlt 1.31.0, replace, pyarrow',
    packages: ['dlt'],
    fromPostgres: (task) => ({
      command: dlt(
        task,
        `from dlt.sources.sql_database import sql_table
rows = sql_table(credentials=${JSON.stringify(task.source)}, table='orders', backend='pyarrow', chunk_size=100000)`,
      ),
      table: 'dlt.orders',
    }),
    fromCsv: (task) => ({
      command: dlt(
        task,
        `from dlt.sources.filesystem import filesystem, read_csv
rows = (filesystem(bucket_url=${JSON.stringify(`file://${dirname(task.csv)}`)}, file_glob='*.csv') | read_csv(chunksize=100000)).with_name('files')`,
      ),
      table: 'dlt.files',
    }),
  },
  {
    name: 'tap-postgres 0.10.0 | target-postgres 0.8.1 (Meltano)',
    packages: ['tap', 'target'],
    fromPostgres: ({ source, destination, folder }) => {
      const tap = put(folder, 'tap.json', { sqlalchemy_url: source, filter_schemas: ['public'] })
      const target = put(folder, 'target.json', { sqlalchemy_url: destination, default_target_schema: 'singer' })
      const select = put(folder, 'select.py', SELECT)
      const catalog = join(folder, 'catalog.json')
      const read = `${bin('tap', 'tap-postgres')} --config ${tap}`
      return {
        command: `${read} --discover | python3 ${select} > ${catalog}; ${read} --catalog ${catalog} | ${bin('target', 'target-postgres')} --config ${target}`,
        table: 'singer.orders',
      }
    },
  },
]

/** Whoever uses a tap selects in its catalog what it reads. */
const SELECT = `import json, sys
catalog = json.load(sys.stdin)
for stream in catalog['streams']:
    stream['replication_method'] = 'FULL_TABLE'
    for one in stream['metadata']:
        one['metadata']['selected'] = True
json.dump(catalog, sys.stdout)
`

function put(folder: string, name: string, content: unknown): string {
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

function dlt({ destination, folder }: Task, rows: string): string {
  const script = `import dlt
${rows}
pipeline = dlt.pipeline('peer', destination=dlt.destinations.postgres(${JSON.stringify(destination)}), dataset_name='dlt', pipelines_dir=${JSON.stringify(folder)})
pipeline.run(rows, write_disposition='replace')
`
  return `${bin('dlt', 'python')} ${put(folder, 'run.py', script)}`
}

/** A project as a user has one, with the packages of this repository. */
function tidemark({ destination, folder }: Task, source: 'sql' | 'files', config: object): string {
  const scope = join(folder, 'node_modules', '@tidemark')
  mkdirSync(scope, { recursive: true })
  symlinkSync(
    fileURLToPath(new URL(`../../packages/source-${source}`, import.meta.url)),
    join(scope, `source-${source}`),
  )
  put(folder, 'package.json', { name: 'peer', private: true, dependencies: { [`@tidemark/source-${source}`]: '*' } })
  put(folder, 'tidemark.config.json', { destination, sources: { [source]: { config } } })
  const main = fileURLToPath(new URL('../../apps/runner/dist/main.js', import.meta.url))
  return `${process.execPath} ${main} sync --project ${folder}`
}

function install(name: string): void {
  if (existsSync(join(FOLDER, name, 'installed'))) return
  mkdirSync(FOLDER, { recursive: true })
  process.stderr.write(`installing ${PACKAGES[name]!.join(', ')} into ${join(FOLDER, name)} …\n`)
  execFileSync('python3', ['-m', 'venv', join(FOLDER, name)], { stdio: 'inherit' })
  execFileSync(bin(name, 'pip'), ['install', '--quiet', ...PACKAGES[name]!], { stdio: 'inherit' })
  put(join(FOLDER, name), 'installed', '')
}

/** Seconds by the clock and of the processor, of a command and all that it starts. */
function timed(command: string): { readonly clock: number; readonly processor: number } {
  const text = `TIMEFORMAT='%R %U %S'; set -o pipefail; time { ${command} ; } >&2`
  const { status, stderr } = spawnSync('bash', ['-c', text], { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr.slice(-2000)}`)
  const [clock = 0, user = 0, system = 0] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { clock, processor: user + system }
}

const [first = '1000000', ...only] = process.argv.slice(2)
const count = Number(first)
const server = await startPostgres({ onDisk: true })
const folder = mkdtempSync(join(tmpdir(), 'tidemark-peers-'))
try {
  await server.execute(`create role peer superuser login password 'peer'`)
  const urlOf = (database: string): string =>
    `postgresql://peer:peer@127.0.0.1:${server.port}/${database}?sslmode=disable`
  const source = urlOf(await server.newDatabase())
  const csv = join(folder, 'csv', 'orders.csv')
  mkdirSync(dirname(csv))
  const psql = (...statements: string[]): void =>
    void execFileSync('psql', ['-q', source, ...statements.flatMap((one) => ['-c', one])], { stdio: 'inherit' })
  const json = join(folder, 'orders.json')
  writeFileSync(json, '')
  for (const page of pagesOf(0, count, 10_000))
    writeFileSync(json, `${page.map((row) => JSON.stringify(row).replaceAll('\\', '\\\\')).join('\n')}\n`, {
      flag: 'a',
    })
  psql(
    `create table orders (${COLUMNS})`,
    'create temp table lines (line jsonb)',
    `\\copy lines from '${json}'`,
    'insert into orders select (jsonb_populate_record(null::orders, line)).* from lines',
    'vacuum analyze orders',
    `\\copy orders to '${csv}' csv header`,
  )
  const lines: string[][] = [['', 'Postgres → Postgres', 'of the processor', 'CSV → Postgres', 'of the processor']]
  for (const tool of TOOLS) {
    if (only.length > 0 && !only.some((name) => tool.name.startsWith(name))) continue
    for (const name of tool.packages) install(name)
    const line = [tool.name]
    for (const make of [tool.fromPostgres, tool.fromCsv]) {
      if (make === undefined) {
        line.push('', '')
        continue
      }
      process.stderr.write(`${tool.name} …\n`)
      const destination = await server.newDatabase()
      const task = { source, csv, destination: urlOf(destination), folder: mkdtempSync(join(folder, 'tool-')) }
      const { command, table } = make(task)
      const { clock, processor } = timed(command)
      const [[found] = []] = await server.rows(`select count(*) from ${table}`, destination)
      if (Number(found) !== count) throw new Error(`${tool.name}: ${table} has ${found} rows of ${count}`)
      await server.dropDatabase(destination)
      line.push(`${clock.toFixed(1)} s`, `${processor.toFixed(1)} s`)
    }
    lines.push(line)
  }
  console.log(
    `${count.toLocaleString('en')} rows of ten columns, ${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} × ${cpus()[0]?.model}`,
  )
  for (const line of lines) console.log(`| ${line.join(' | ')} |`)
  console.log(`load of the machine at the end: ${loadavg()[0]!.toFixed(1)}`)
} finally {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}
