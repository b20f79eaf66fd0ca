import { SyncError } from '@tidemark/core'
import { floorTo, positionOf, type Question, type Range, type Table } from '@tidemark/core/engine'
import { failureOf } from '../failure/failure.ts'
import type { Clock } from '../time/clock.ts'
import { askGeneration } from './ask-generation.ts'
import { askKeyBounds } from './ask-key-bounds.ts'
import { askUnread } from './ask-unread.ts'
import type { DiscoveredPartition, DiscoveredRevision } from './catalog.ts'
import type { Again, PartitionQuestion } from './partition-question.ts'
import { storableText, unstorablePartition } from './storable-text.ts'

/**
 * Asks one partition for its revision, then its end, then its start. The revision comes first: whatever it stands for
 * was there before the end was taken, so a pass up to that end has read it (docs/decisions/0002).
 */
export async function discoverPartition(question: PartitionQuestion): Promise<DiscoveredPartition> {
  const { table, partition, discovered, again, options } = question
  const id = typeof partition === 'string' ? partition : partition.id
  const context = {
    client: discovered.client as never,
    signal: options.signal,
    log: discovered.log,
    partition: partition as never,
  } satisfies Question
  const unheld = unstorablePartition(table.name, id, options.problemOf)
  const asked = { id: unheld?.id ?? id, value: partition, askedAt: options.askedAt?.() }
  const unknown = {
    ...asked,
    start: undefined,
    end: undefined,
    ownEnd: false,
    unsettledEnd: undefined,
    revision: undefined,
  }
  if (unheld !== undefined) return { ...unknown, failure: failureOf(unheld.error) }
  const held = (name: string, text: string | undefined) =>
    storableText(`table "${table.name}": ${name}()`, text, options.problemOf)
  try {
    // Before all else: what it stands for is older than whatever is read.
    const generation = await askGeneration(table, question.known?.partitions.get(id), context, again)
    held('generation', generation?.text)
    const revision = await askRevision(question, id, context, again)
    held('revision', revision?.text)
    const keyRanges = await askKeyBounds(question, context)
    const unsettledEnd = await askEnd(table, context, options.clock, again)
    const start = typeof table.start === 'function' ? await askStart(table, context, again) : table.start
    const { cursor } = table
    const end =
      unsettledEnd === undefined || cursor === undefined ? undefined : floorTo(unsettledEnd - table.minAge, cursor.tick)
    const unread = end === undefined ? undefined : await askUnread(question, context, end)
    return {
      ...asked,
      start,
      end,
      unread,
      ownEnd: table.end !== undefined,
      unsettledEnd,
      revision,
      generation,
      keyRanges,
      failure: undefined,
    }
  } catch (error) {
    if (options.signal.aborted) throw error
    return { ...unknown, failure: failureOf(error) }
  }
}

async function askRevision(
  question: PartitionQuestion,
  id: string,
  context: Question,
  again: Again,
): Promise<DiscoveredRevision | undefined> {
  const { table, known, schemaHash: facts } = question
  if (table.revision === undefined) return undefined
  const ask = table.revision
  const before = known?.partitions.get(id)
  const since = async (previous: string | undefined): Promise<DiscoveredRevision | undefined> =>
    readRevision(
      await again(`the revision of table "${table.name}"`, () => ask({ ...context, previous })),
      table,
      facts,
    )
  const committed = before?.revision?.text
  const seen = before?.pendingRevision?.text
  const holds = before?.revision?.schemaHash === facts
  const now = await since(holds ? committed : undefined)
  // Back at the committed one after another one was seen: rows may have changed in between, so the source is asked as new.
  const isBack = holds && now?.text === committed && seen !== undefined && seen !== committed
  if (holds && !isBack) return now
  const asNew = isBack ? await since(undefined) : now
  // Told of nothing before, a source calls all stale, or nothing. Rows that an earlier pass has read may have changed since.
  const base = isBack ? seen : (committed ?? seen)
  if (asNew === undefined || asNew.stale.length > 0 || base === undefined || base === asNew.text) return asNew
  const changed = await since(base)
  // The string that was returned first represents what is read: what changed between the two answers is read once more.
  return changed === undefined ? asNew : { ...asNew, stale: changed.stale }
}

/** Which windows a source calls stale since it gave a revision in this run. */
export async function staleSince(
  {
    table,
    revision,
    context,
  }: { readonly table: Table; readonly revision: DiscoveredRevision; readonly context: Question },
  again: Again,
): Promise<readonly Range[]> {
  const ask = table.revision
  if (ask === undefined) return []
  const answer = await again(`the revision of table "${table.name}"`, () =>
    ask({ ...context, previous: revision.text }),
  )
  return readRevision(answer, table, revision.schemaHash)?.stale ?? []
}

function readRevision(answer: unknown, table: Table, facts: string): DiscoveredRevision | undefined {
  if (answer === undefined || answer === null) return undefined
  if (typeof answer === 'string') return { text: answer, schemaHash: facts, stale: [] }
  const { revision, stale } = answer as { revision?: unknown; stale?: unknown }
  if (typeof revision !== 'string' || !Array.isArray(stale)) {
    throw new SyncError(
      `table "${table.name}": revision() must return a string, or { revision, stale: windows }`,
      'fix-source',
    )
  }
  return { text: revision, schemaHash: facts, stale: stale.map((window) => rangeOf(window, table)) }
}

function rangeOf(window: { from?: unknown; to?: unknown }, table: Table): Range {
  const { cursor } = table
  const to = cursor === undefined ? undefined : positionOf(window.to, cursor.type)
  const from = cursor === undefined || window.from === undefined ? undefined : positionOf(window.from, cursor.type)
  if (to === undefined || (window.from !== undefined && from === undefined)) {
    throw new SyncError(
      `table "${table.name}": revision() returned an invalid stale window: ${String(window.from)} to ${String(window.to)}`,
      'fix-source',
    )
  }
  return { from: from === undefined ? undefined : BigInt(from), to: BigInt(to) }
}

/** The end of what can be read now, before the minimum age is applied. */
export async function askEnd(table: Table, context: Question, clock: Clock, again: Again): Promise<bigint | undefined> {
  const { cursor, end } = table
  if (cursor === undefined) return undefined
  if (end !== undefined) return askPosition('end', table, context, again)
  // What the system stamps with a clock that is behind is still to come, up to the time by that clock.
  const theirs = await askPosition('clock', table, context, again)
  const own = clock.now()
  return theirs === undefined || theirs > own ? own : theirs
}

async function askPosition(
  name: 'end' | 'clock',
  table: Table,
  context: Question,
  again: Again,
): Promise<bigint | undefined> {
  const { cursor, [name]: ask } = table
  const answer =
    cursor === undefined || ask === undefined
      ? undefined
      : await again(`the ${name} of table "${table.name}"`, () => ask(context))
  if (cursor === undefined || answer === undefined || answer === null) return undefined
  const position = positionOf(answer, cursor.type)
  if (position === undefined)
    throw new SyncError(
      `table "${table.name}": ${name}() returned ${String(answer)}, which is not a ${cursor.type}`,
      'fix-source',
    )
  return BigInt(position)
}

async function askStart(table: Table, context: Question, again: Again): Promise<bigint | undefined> {
  const { cursor, start } = table
  if (cursor === undefined || typeof start !== 'function') return undefined
  const answer = await again(`the start of table "${table.name}"`, () => start(context))
  if (answer === undefined || answer === null) return undefined
  const position = positionOf(answer, cursor.type)
  if (position === undefined)
    throw new SyncError(
      `table "${table.name}": start() returned ${String(answer)}, which is not a ${cursor.type}`,
      'fix-source',
    )
  return BigInt(position)
}
