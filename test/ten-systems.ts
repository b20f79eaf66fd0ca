// Ten systems that are synced together: five that are well and change all the time, and five of which each is ill in its own way.
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A row of a system: `v` counts its versions. */
export interface Item {
  readonly id: number
  readonly v: number
  readonly updated_at: string
}

export const WELL = ['files', 'sql', 'api', 'git', 'plugin'] as const
export const ILL = ['hangs', 'drips', 'breaks', 'barred', 'shifts'] as const
/** So young rows of the two that are read by a time are not read yet. */
export const MIN_AGE_MS = 2000

export interface TenSystems {
  /** A project in which all of them are configured. */
  readonly folder: string
  /** All that is well changes: a row is added, one is edited, and where that can be seen one is deleted. */
  change(round: number): void
  /** Rows as they were at a time, and have not changed since; of git the subjects of its commits. */
  settled(system: (typeof WELL)[number], at: number): readonly Item[]
  /** Whether a row exists now. */
  has(system: (typeof WELL)[number], id: number): boolean
  readonly mood: { barred: boolean; shape: number }
  /** The one that drips gives its next byte; to be called at least every second. */
  drip(): void
  close(): void
}

/** @param now the clock by which all of them live, in milliseconds. */
export async function tenSystems(folder: string, now: () => number): Promise<TenSystems> {
  const items = new Map<string, Map<number, Item & { readonly at: number }>>(WELL.map((name) => [name, new Map()]))
  const mood = { barred: false, shape: 0 }
  const servers: Server[] = []
  const dripping = new Set<ServerResponse>()
  const serve = async (handle: (response: ServerResponse, url: URL) => void): Promise<string> => {
    const server = createServer((request, response) => {
      response.setHeader('date', new Date(now()).toUTCString())
      handle(response, new URL(request.url ?? '/', 'http://x'))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const json = (response: ServerResponse, body: unknown): void => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(body))
  }
  const since = (name: string, url: URL) => {
    const [from, to] = [url.searchParams.get('from') ?? '', url.searchParams.get('to') ?? '9']
    const rows = [...items.get(name)!.values()].filter(({ updated_at: at }) => at >= from && at < to)
    return rows
      .sort((a, b) => (a.updated_at < b.updated_at ? -1 : 1))
      .map(({ id, v, updated_at }) => ({ id, v, updated_at }))
  }
  const well = await serve((response, url) => json(response, since(url.pathname.slice(1), url)))
  const urls = {
    hangs: await serve(() => {}),
    drips: await serve((response) => {
      response.setHeader('content-type', 'application/json')
      response.write('[')
      dripping.add(response)
      response.on('close', () => dripping.delete(response))
    }),
    breaks: await serve((response) => {
      response.statusCode = 500
      response.end('out of order')
    }),
    barred: await serve((response) => {
      if (!mood.barred) return json(response, [{ id: 1, v: 1 }])
      response.statusCode = 403
      response.end('no entry')
    }),
    shifts: await serve((response) => {
      const v = [1, 'one', { one: 1 }, null][mood.shape % 4]
      json(
        response,
        Array.from({ length: 20 }, (_, id) => (mood.shape % 5 === 4 ? { id } : { id, v })),
      )
    }),
  }

  const database = new DatabaseSync(join(folder, 'shop.db'))
  database.exec(
    'pragma journal_mode = wal; create table items (id integer primary key, v integer not null, updated_at text not null)',
  )
  const repository = join(folder, 'repository')
  mkdirSync(repository)
  const git = (...args: string[]) => {
    const at = new Date(now()).toISOString()
    const env = { ...process.env, GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at }
    execFileSync('git', args, { cwd: repository, stdio: 'ignore', env })
  }
  git('init', '-q')
  project(folder, urls, well)

  const put = (name: string, id: number): void => {
    const at = now()
    const v = (items.get(name)!.get(id)?.v ?? 0) + 1
    items.get(name)!.set(id, { id, v, updated_at: new Date(at).toISOString(), at })
  }
  const deletes = (name: string): boolean => name === 'files' || name === 'sql'
  return {
    folder,
    mood,
    change(round) {
      for (const name of WELL) {
        put(name, round)
        if (name === 'git') continue
        if (round > 2) put(name, Math.floor(round / 2))
        if (deletes(name) && round > 4 && round % 3 === 0) items.get(name)!.delete(round - 4)
      }
      const rows = [...items.get('files')!.values()].map(({ id, v, updated_at }) => `${id},${v},${updated_at}\n`)
      writeFileSync(join(folder, 'items.tmp'), `id,v,updated_at\n${rows.join('')}`)
      utimesSync(join(folder, 'items.tmp'), now() / 1000, now() / 1000)
      renameSync(join(folder, 'items.tmp'), join(folder, 'items.csv'))
      database.exec('begin; delete from items')
      const insert = database.prepare('insert into items values (?, ?, ?)')
      for (const { id, v, updated_at } of items.get('sql')!.values()) insert.run(id, v, updated_at)
      database.exec('commit')
      git('-c', 'user.name=T', '-c', 'user.email=t@x', 'commit', '-q', '--allow-empty', '-m', `round ${round}`)
    },
    settled: (name, at) => [...items.get(name)!.values()].filter((item) => item.at <= at),
    has: (name, id) => items.get(name)!.has(id),
    drip() {
      for (const response of dripping) response.write(' ')
    },
    close() {
      database.close()
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

function project(folder: string, urls: Readonly<Record<string, string>>, well: string): void {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@tidemark'), { recursive: true })
  const packages = { core: 'packages/core', runner: 'apps/runner' } as Record<string, string>
  for (const kind of ['files', 'git', 'rest', 'sql']) packages[`source-${kind}`] = `packages/source-${kind}`
  for (const [name, path] of Object.entries(packages)) symlinkSync(join(ROOT, path), join(modules, '@tidemark', name))
  symlinkSync(join(ROOT, 'packages/core/node_modules/zod'), join(modules, 'zod'))
  plugin(join(modules, 'source-plugin'), well)
  const dependencies = Object.fromEntries(
    [
      ...Object.keys(packages)
        .filter((name) => name.startsWith('source-'))
        .map((name) => `@tidemark/${name}`),
      'source-plugin',
    ].map((name) => [name, '*']),
  )
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'ten', private: true, type: 'module', dependencies }),
  )
  const ill = { attempts: 1, tables: { items: { path: '/items', primaryKey: ['id'] } } }
  const config = {
    stallTimeout: '3s',
    sources: {
      files: { config: { tables: { items: { path: 'items.csv', primaryKey: ['id'] } } } },
      git: { config: { repositories: ['repository'] }, tables: { commit_files: false, refs: false } },
      sql: { config: { url: 'sqlite:shop.db', tables: { items: { cursor: false } } } },
      api: {
        source: 'rest',
        config: {
          baseUrl: well,
          tables: {
            items: {
              path: '/api',
              params: { from: '{from}', to: '{to}' },
              primaryKey: ['id'],
              cursor: 'updated_at',
              minAge: `${MIN_AGE_MS / 1000}s`,
            },
          },
        },
      },
      plugin: {},
      ...Object.fromEntries(
        ILL.map((name) => [name, { source: 'rest', config: { ...ill, baseUrl: urls[name], idleSeconds: 5 } }]),
      ),
    },
  }
  writeFileSync(join(folder, 'tidemark.config.json'), JSON.stringify(config))
}

function plugin(folder: string, well: string): void {
  mkdirSync(folder)
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'source-plugin',
      version: '1.0.0',
      type: 'module',
      tidemark: { source: './index.js' },
      peerDependencies: { '@tidemark/core': '*', zod: '*' },
    }),
  )
  writeFileSync(
    join(folder, 'index.js'),
    `import { defineSource, register, seconds } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'plugin', config: z.object({}) })
export default register(source.with([source.table({
  name: 'items',
  row: z.object({ id: z.int(), v: z.int(), updated_at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'updated_at',
  minAge: seconds(${MIN_AGE_MS / 1000}),
  async *read({ from, to, signal }) {
    const query = new URLSearchParams({ ...(from === undefined ? {} : { from }), to })
    yield await (await fetch('${well}/plugin?' + query, { signal })).json()
  },
})]))
`,
  )
}
