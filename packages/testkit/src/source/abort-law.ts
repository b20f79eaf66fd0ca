import { setTimeout as wait } from 'node:timers/promises'
import type { Table } from '@tidemark/core/engine'
import { windowAt } from '@tidemark/core/engine'
import { startChild } from './child-process.ts'
import type { Finding, Law } from './law.ts'
import type { OnePartition, Opened } from './opened.ts'
import type { OpenPlace } from './place.ts'

const LIMIT_MS = 1000
const GRACE_MS = 5000

export const abortLaw: Law = {
  name: 'abort',
  says: 'a read that is aborted stops within a second, and leaves nothing open',
  meaning: 'Ctrl-C hangs, a service cannot be restarted, and processes stay behind.',
  async check(world) {
    await using place = await world.place()
    const findings: Finding[] = []
    const whole = new AbortController()
    const opened = await world.open(place, { signal: whole.signal })
    try {
      for (const { table, partition } of await firstOf(world, opened)) {
        const example = await abortExample(opened, table, partition, place)
        if (example !== undefined) findings.push({ table: table.name, example })
      }
    } finally {
      whole.abort()
      if (!(await endsWithin(opened[Symbol.asyncDispose]())))
        findings.push({ table: undefined, example: 'close() did not end within a second' })
    }
    if (findings.length > 0) return findings
    const child = await startChild(world, { kind: 'abort', config: world.config(place) })
    const exited = await child.exitsWithin(GRACE_MS)
    if (exited) return child.problem === undefined ? [] : [{ table: undefined, example: child.problem }]
    child.kill()
    await child.ended
    const open = child.lines.findLast((line) => line.type === 'open')
    const what = open?.type === 'open' && open.resources.length > 0 ? open.resources.join(', ') : 'something'
    return [{ table: undefined, example: `after abort and close() the process does not end; open: ${what}` }]
  },
}

/** Each table with the first of its partitions that has rows, or with its first. */
async function firstOf(world: Parameters<Law['check']>[0], opened: Opened) {
  const found: { readonly table: Table; readonly partition: OnePartition }[] = []
  for (const table of world.tables(opened)) {
    const [subject] = await world.subjectsOf(opened, table, 1)
    const partition = subject?.partition ?? (await opened.partitions(table))[0]
    if (partition !== undefined) found.push({ table, partition })
  }
  return found
}

async function abortExample(
  opened: Opened,
  table: Table,
  partition: OnePartition,
  place: OpenPlace,
): Promise<string | undefined> {
  const { server } = place
  // After the first page; and, where there is a server, while it keeps a request waiting.
  for (const when of server === undefined ? (['page'] as const) : (['page', 'waiting', 'first'] as const)) {
    const controller = new AbortController()
    const range = await opened.whole(table, partition)
    const bounds = table.cursor === undefined || range === undefined ? {} : windowAt(range, table.cursor)
    const pages = table.read(opened.question({ partition: partition.value, ...bounds }, controller.signal))
    const iterator = pages[Symbol.asyncIterator]()
    if (when !== 'first') await iterator.next()
    if (server !== undefined && when !== 'page') server.fault = 'silence'
    const rest = drain(iterator)
    if (when !== 'page') await wait(50)
    controller.abort(new Error('aborted by the test'))
    const ended = await endsWithin(rest)
    if (server !== undefined) server.fault = undefined
    if (!ended) {
      const where = {
        page: 'after its first page',
        waiting: 'while the system kept it waiting',
        first: 'before its first page',
      }[when]
      return `aborted ${where}, read() continued for more than a second; pass "signal" to every call that waits`
    }
  }
  return undefined
}

async function drain(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    while ((await iterator.next()).done !== true);
  } catch {
    // However it ends: it ends.
  }
}

/** Whether work ends in so much time, however it ends. */
export async function endsWithin(work: PromiseLike<unknown>, ms = LIMIT_MS): Promise<boolean> {
  const stop = new AbortController()
  try {
    return await Promise.race([
      Promise.resolve(work).then(
        () => true,
        () => true,
      ),
      wait(ms, false, { signal: stop.signal }),
    ])
  } finally {
    stop.abort()
  }
}
