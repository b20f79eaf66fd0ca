import type { CommandText, Project } from '@tidemark/core/engine'
import {
  isShareable,
  isThere,
  openDestination,
  openReader,
  placeOf,
  type Reader,
  readWorkStatus,
} from '@tidemark/destination'
import type { ConcurrencyConfig } from '../left-reader.ts'
import type { FreshnessConfig } from '../overview.ts'
import { plain } from '../show/plain.ts'
import type { Access } from './access/access.ts'
import { createActions } from './actions.ts'
import { createApp, troubleOf } from './app.ts'
import { type ConfigReaderOptions, createConfigReader } from './config-answer.ts'
import { createFeed } from './feed.ts'
import { lateReader } from './late-reader.ts'
import { listenOn } from './listen.ts'
import { createRowCounts } from './row-counts.ts'
import { createSnapshots } from './snapshot.ts'

export { accessOf, basePathOf } from './access/access-options.ts'
export { addUser } from './access/add-user.ts'

export interface DashboardOptions {
  readonly url: string
  /** The project whose tables are shown; those of other projects are not. */
  readonly project?: Project | undefined
  /** The database, for people. */
  readonly place: string
  readonly version: string
  readonly port: number
  /** The address to listen on. */
  readonly host: string
  readonly basePath: string
  readonly access: Access
  readonly command: CommandText
  readonly redact: (text: string) => string
  /** The settings of the config that say how fresh tables are to be, and how many steps run at the same time. */
  readonly freshness: FreshnessConfig & ConcurrencyConfig
  /** Where the config is, and how to read it; absent: the page does not show it. */
  readonly config?: ConfigReaderOptions | undefined
  /** Absent: read-only. */
  readonly actions?: DashboardActions | undefined
}

export interface DashboardActions {
  readonly program: string
  readonly flags: readonly string[]
  readonly cwd: string
  readonly environment: NodeJS.ProcessEnv
}

export interface Dashboard {
  readonly port: number
  close(): Promise<void>
}

/** Serves the pages for one destination. It opens the database read-only; actions run in separate processes. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { url, project, place, version, command, redact, actions, freshness, access, basePath, config } = options
  const reader = await readerOf(url, project)
  const feed = createFeed({ reader, everyMs: reader.markEveryMs, troubleOf })
  const counts = createRowCounts(reader, () => feed.tell({ type: 'change', data: 'counted' }))
  const runs =
    actions === undefined
      ? undefined
      : createActions({
          invocation: actions,
          environment: actions.environment,
          clean: (line) => plain(redact(line)),
          onChange: (action) => feed.tell({ type: 'action', data: action }),
        })
  const app = createApp({
    reader,
    snapshots: createSnapshots(reader, {
      freshness,
      askWork: isShareable(placeOf(url)) ? (asked) => readWorkStatus(asked, project) : undefined,
    }),
    counts,
    feed,
    overview: { place, version, allowsActions: actions !== undefined, command },
    command,
    redact,
    readConfig: config === undefined ? undefined : createConfigReader(config),
    access,
    basePath,
    actions: runs,
  })
  const { server, port } = await listenOn(app, options.host, options.port)
  return {
    port,
    async close() {
      await runs?.close()
      feed.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((done) => server.close(done))
      await reader.close()
    },
  }
}

/** A database that the first sync has yet to create is empty until then. */
async function readerOf(url: string, project: Project | undefined): Promise<Reader> {
  const open = (): Promise<Reader> => openReader({ url, project })
  const there = (): Promise<boolean> => isThere(placeOf(url))
  if (await there()) return await open()
  return lateReader({ isThere: there, open, empty: await openDestination({ url: ':memory:', project }) })
}
