import type { Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Clock, type Report, type RunOptions, type Status, statusOf, sync, systemClock } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

let server: PostgresServer
let runners = 0

const opened = async (url: string): Promise<Destination> => {
  const runner = { id: `sync-${++runners}`, host: 'test', pid: 1, startedAt: 1n }
  const destination = await openDestination({ url, runner })
  onTestFinished(() => destination.close())
  return destination
}

/** Makes an empty database of one kind, which is there for one test. */
export interface SyncPlace {
  readonly name: string
  empty(): Promise<Destination>
}

/** Both databases. Call it at the top of a test file. */
export function syncPlaces(): readonly SyncPlace[] {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())
  return [
    { name: 'sqlite', empty: () => opened(':memory:') },
    {
      name: 'postgres',
      async empty() {
        const { url, schema } = await server.newSchema()
        onTestFinished(() => server.dropSchema(schema))
        return await opened(url)
      },
    },
  ]
}

export interface Synced extends Report {
  readonly lines: readonly string[]
  readonly state: Status
}

/** One run of one source called `shop`, at a time of its own where a clock says so. */
export async function syncShop(
  destination: Destination,
  source: Source,
  options: Partial<RunOptions> & { readonly use?: RunOptions['sources'][number]['options'] } = {},
): Promise<Synced> {
  const lines: string[] = []
  const say = (message: string): void => void lines.push(message)
  const { use = {}, ...more } = options
  const report = await sync({
    sources: [{ name: 'shop', source, config: {}, options: use }],
    destination,
    log: { debug: () => {}, info: say, warn: say },
    ...more,
  })
  return { ...report, lines, state: statusOf(await destination.state()) }
}

/** A clock that stands where it is put. */
export class TestClock implements Clock {
  micros: bigint
  /** What lengths are measured with is ahead by so many milliseconds. */
  ahead = 0
  readonly random = (): number => 0.5

  constructor(start: string) {
    this.micros = BigInt(Date.parse(start)) * 1000n
  }

  now(): bigint {
    return this.micros
  }

  monotonic(): number {
    return systemClock.monotonic() + this.ahead
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal)
  }

  turn(): Promise<void> {
    return systemClock.turn()
  }
}
