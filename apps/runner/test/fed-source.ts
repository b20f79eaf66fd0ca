import { appendFileSync } from 'node:fs'
import type { TestProject } from './test-project.ts'

/** One line of the log: a change of a row, or a checkpoint. */
export type Told =
  | { readonly table: 'orders' | 'lines'; readonly row: { readonly id: unknown; readonly note: unknown } }
  | { readonly table: 'orders' | 'lines'; readonly deleted: number }
  | { readonly commit: true }

/** Adds to the log that `FED_SOURCE` reads. */
export function tell(project: TestProject, ...lines: readonly Told[]): void {
  appendFileSync(`${project.folder}/log`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

/** What the environment variable `FED` tells the source, as JSON. */
export interface FedSettings {
  /** It keeps its own state. */
  readonly opaque?: true
  /** Why it cannot continue from its offset. */
  readonly lost?: string
  /** How long it waits before each line, in milliseconds. */
  readonly waitMs?: number
  /** When its changes were made. */
  readonly toldAt?: string
  /** Its system keeps what was not read yet. */
  readonly backlog?: true
  /** Version 2 has another offset. */
  readonly version?: 2
}

export const fed = (settings: FedSettings): { readonly FED: string } => ({ FED: JSON.stringify(settings) })

/**
 * A source with a feed `wal` that tells `orders` and `lines` from the file `log`, and a table `days` of ten windows, or up to
 * what the file `end` says. Its offsets hold the secret of its config, if it has one, behind forty letters.
 */
export const FED_SOURCE = `
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { days, defineSource, register, secret } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop', config: z.object({ token: secret().optional() }), connect: (config) => config })
const settings = JSON.parse(process.env.FED ?? '{}')
const offset = settings.version === 2 ? z.object({ lsn: z.string() }) : z.object({ at: z.int(), token: z.string().optional() })
const feed = source.feed({ name: 'wal', offset })
const row = z.object({ id: z.int(), note: z.string() })
const tables = { orders: feed.table({ name: 'orders', row, primaryKey: ['id'] }), lines: feed.table({ name: 'lines', row, primaryKey: ['id'] }) }
const lines = () => (existsSync('log') ? readFileSync('log', 'utf8').split('\\n').filter((line) => line !== '') : []).map((line) => JSON.parse(line))
const daily = source.table({
  name: 'days', row: z.object({ id: z.int(), at: z.iso.datetime() }), primaryKey: ['id'], cursor: 'at', window: days(1),
  start: '2026-01-01T00:00:00Z', end: () => (existsSync('end') ? readFileSync('end', 'utf8') : '2026-01-11T00:00:00Z'),
  async *read({ from, to }) {
    const all = Array.from({ length: 10 }, (_, id) => ({ id, at: new Date(Date.parse('2026-01-01T00:00:00Z') + id * 86_400_000).toISOString() }))
    yield all.filter(({ at }) => Date.parse(at) >= Date.parse(from) && Date.parse(at) < Date.parse(to))
  },
})
export default register(source.with([daily, feed.of(Object.values(tables), {
  ...(settings.opaque ? { opaque: true } : {}),
  ...(settings.lost ? { lost: ({ offset }) => (offset.at > 0 ? settings.lost : undefined) } : {}),
  ...(settings.backlog ? { begin: () => ({ at: 0 }), backlog: () => ({ holder: 'log of the shop', heldBytes: 2048, cleanup: ['empty the log'] }) } : {}),
  isPast: (one, other) => one.at >= other.at,
  head: () => ({ at: lines().length }),
  async *read({ client, offset, signal }) {
    const own = client.token ? { token: 'a'.repeat(40) + client.token } : {}
    const all = lines()
    for (let at = offset?.at ?? 0; at < all.length; at++) {
      if (settings.waitMs) await wait(settings.waitMs, undefined, { signal })
      const { table, row, deleted, commit } = all[at]
      if (commit) yield feed.checkpoint({ at: at + 1, ...own }, settings.toldAt ? { at: new Date(settings.toldAt) } : {})
      else if (row) yield tables[table].upserted([row])
      else yield tables[table].deleted([{ id: deleted }])
    }
  },
})]))
`
