import { readFileSync } from 'node:fs'
import { SyncError } from '@tidemark/core'
import { type CommandText, messageOf } from '@tidemark/core/engine'
import type { Reader } from '@tidemark/destination'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { jsonDocument } from '../json-document.ts'
import { redactDeep } from '../redact-deep.ts'
import type { Access } from './access/access.ts'
import { addLogin } from './access/login-routes.ts'
import { viewOf } from './access/request-view.ts'
import { ActionQuestion, type Actions } from './actions.ts'
import type { SessionAnswer, TroubleAnswer } from './answers.ts'
import { changesPage } from './changes-page.ts'
import { eventStreams } from './event-stream.ts'
import type { Feed } from './feed.ts'
import { headers, loggedIn, mayAct, ownRequests } from './guard.ts'
import type { ConfigAnswer } from './list-answers.ts'
import { type OverviewFacts, OverviewQuestion, overview } from './overview.ts'
import { partitions } from './partitions.ts'
import { rejectsPage } from './rejects-page.ts'
import type { RowCounts } from './row-counts.ts'
import { RowsQuestion, rows } from './rows.ts'
import { runLogPage } from './run-log-page.ts'
import { runPage, runsPage } from './runs-page.ts'
import type { Snapshots } from './snapshot.ts'
import { tablePage } from './table-page.ts'

export interface AppOptions {
  readonly reader: Reader
  readonly snapshots: Snapshots
  readonly counts: RowCounts
  readonly feed: Feed
  readonly overview: OverviewFacts
  readonly command: CommandText
  readonly redact: (text: string) => string
  readonly access: Access
  /** The path under which a proxy serves it, without a slash at its end; empty: the root. */
  readonly basePath: string
  /** The folder of the page's files. */
  readonly pageFolder?: URL | undefined
  /** Absent: the page does not show the config. */
  readonly readConfig?: (() => Promise<ConfigAnswer>) | undefined
  /** Absent: read-only. */
  readonly actions?: Actions | undefined
}

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/theme.js': ['theme.js', 'text/javascript; charset=utf-8'],
  '/app.css': ['app.css', 'text/css; charset=utf-8'],
  '/mark.svg': ['mark.svg', 'image/svg+xml'],
}
const PAGES = ['/', '/table', '/source', '/runs', '/run', '/changes', '/config']

/** The routes of the dashboard: the pages, their assets, their data, and, if allowed, actions. */
export function createApp(options: AppOptions): Hono {
  const {
    reader,
    snapshots,
    counts,
    feed,
    overview: facts,
    command,
    redact,
    actions,
    access,
    basePath,
    readConfig,
  } = options
  const pageFolder = options.pageFolder ?? new URL('./page/', import.meta.url)
  // Some proxies leave the prefix, others take it away.
  const app = new Hono({ getPath: (request) => withoutBase(new URL(request.url).pathname, basePath) })
  const written = (value: unknown): unknown => redactDeep(jsonDocument(value), redact)
  const answer = (c: Context, value: object) => {
    c.header('cache-control', 'no-store')
    return c.json(written(value) as object)
  }
  app.use(headers(access.login !== undefined))
  // For a container's health check: that the server answers, and nothing of what it knows.
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }))
  app.use(ownRequests(access))

  for (const [path, [file, type]] of Object.entries(FILES)) {
    const text = readFileSync(new URL(file, pageFolder), 'utf8')
    app.get(path, (c) => c.body(text, 200, { 'content-type': type, 'cache-control': 'no-cache' }))
  }
  addLogin(app, access, basePath)
  app.use(loggedIn(access, basePath))
  app.use(mayAct(access))
  const page = withBase(readFileSync(new URL('index.html', pageFolder), 'utf8'), basePath)
  for (const path of PAGES) app.get(path, (c) => c.html(page, 200, { 'cache-control': 'no-cache' }))

  const number = (text: string | undefined): number | undefined => {
    const value = Number(text)
    return text !== undefined && Number.isSafeInteger(value) && value > 0 ? value : undefined
  }
  const nameIn = (c: Context): string => c.req.query('name') ?? ''

  app.get('/api/session', (c) => {
    const visitor = access.visitorOf(c)
    const proof = access.tellsProof && actions !== undefined && visitor?.role === 'actor' ? visitor.proof : undefined
    const { name = '', role = 'reader' } = visitor ?? {}
    return answer(c, {
      name,
      role,
      proof: proof ?? null,
      canLogOut: access.login !== undefined,
    } satisfies SessionAnswer)
  })
  app.get('/api/overview', async (c) => {
    const question = OverviewQuestion.parse(c.req.query())
    return answer(c, overview(question, await snapshots.latest(), counts, facts))
  })
  app.get('/api/table', async (c) => {
    const snapshot = await snapshots.latest()
    return answer(c, await tablePage(nameIn(c), { reader, snapshot, counts, command }))
  })
  app.get('/api/partitions', async (c) => {
    const snapshot = await snapshots.latest()
    const [page, search] = [number(c.req.query('page')) ?? 1, c.req.query('search') ?? '']
    return answer(c, partitions({ name: nameIn(c), page, search }, { snapshot, command }))
  })
  app.get('/api/rejects', async (c) =>
    answer(c, await rejectsPage(nameIn(c), { reader, snapshot: await snapshots.latest() })),
  )
  app.get('/api/rows', async (c) =>
    answer(c, await rows(RowsQuestion.parse(c.req.query()), { reader, snapshot: await snapshots.latest(), counts })),
  )
  app.get('/api/changes', async (c) => {
    const question = { table: c.req.query('name'), before: number(c.req.query('before')) }
    return answer(c, await changesPage(question, { reader, snapshot: await snapshots.latest() }))
  })
  app.get('/api/runs', async (c) => {
    const snapshot = await snapshots.latest()
    return answer(c, await runsPage(number(c.req.query('before')), { reader, snapshot }))
  })
  app.get('/api/run', async (c) => {
    const snapshot = await snapshots.latest()
    const page = number(c.req.query('page')) ?? 1
    return answer(c, await runPage(number(c.req.query('id')) ?? 0, page, { reader, snapshot }))
  })
  app.get('/api/config', async (c) =>
    answer(c, (await readConfig?.()) ?? { document: null, problem: 'the config is not shown here' }),
  )
  app.get('/api/run-log', async (c) => {
    const [run, before] = [number(c.req.query('id')) ?? 0, number(c.req.query('before'))]
    return answer(c, await runLogPage(run, before, { reader, redact }))
  })
  app.get('/api/action', (c) => answer(c, { action: actions?.current() ?? null }))
  app.get(
    '/api/events',
    eventStreams({
      feed,
      addressOf: (c) => viewOf(c, access.trust).address,
      textOf: ({ data }) => (typeof data === 'string' ? data : JSON.stringify(written(data))),
      refuse: (c) => {
        c.header('retry-after', '10')
        return c.json(trouble('too many pages are open; close some of them', 'busy'), 429)
      },
    }),
  )

  if (actions !== undefined) {
    app.use(
      '/api/actions/*',
      bodyLimit({ maxSize: 8192, onError: (c) => c.json(trouble('the request is too large', 'refused'), 413) }),
    )
    app.post('/api/actions/start', async (c) => {
      const question = ActionQuestion.safeParse(parsed(await c.req.text()))
      if (!question.success) return c.json(trouble('unknown action', 'refused'), 400)
      if (!actions.start(question.data, access.visitorOf(c)?.name ?? ''))
        return c.json(trouble('another action is running; wait until it has ended', 'held'), 409)
      return answer(c, { action: actions.current() })
    })
    app.post('/api/actions/stop', (c) => {
      actions.stop()
      return answer(c, { action: actions.current() })
    })
  }

  app.notFound((c) => c.json(trouble('not found', 'not-found'), 404))
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    c.header('cache-control', 'no-store')
    const told = troubleOf(error)
    const status = told.code === 'not-found' ? 404 : SyncError.is(error) ? 503 : 500
    return c.json(written({ error: told }) as object, status)
  })
  return app
}

/** The error, for people. */
export function troubleOf(error: unknown): TroubleAnswer {
  const told = SyncError.is(error) ? error : undefined
  return { message: messageOf(error), remedy: told?.remedy ?? null, code: told?.code ?? null }
}

function trouble(message: string, code: string): { readonly error: TroubleAnswer } {
  return { error: { message, remedy: null, code } }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function withoutBase(path: string, basePath: string): string {
  if (basePath === '' || (path !== basePath && !path.startsWith(`${basePath}/`))) return path
  return path.slice(basePath.length) || '/'
}

/** The page with its files, and the links that it makes, under the base path. */
function withBase(html: string, basePath: string): string {
  const files = html.replaceAll(/(href|src)="\//g, `$1="${basePath}/`)
  return files.replace('<head>', `<head>\n    <meta name="base-path" content="${basePath}">`)
}
