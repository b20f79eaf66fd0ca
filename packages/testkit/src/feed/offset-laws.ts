import type { Feed, Table } from '@tidemark/core/engine'
import type { Finding } from '../source/law.ts'
import { cut, missing, shortest, textOf } from '../source/row-text.ts'
import type { FeedLaw } from './feed-law.ts'
import { type ToldItem, toldRows } from './told-rows.ts'

const MAX_CONTINUED = 6
const MAX_COMPARED = 60
const MAX_MORE = 4

/** An offset that was told, and after how many items. */
interface ToldOffset {
  readonly offset: unknown
  readonly text: string
  readonly itemsTold: number
}

export const offsetsLaw: FeedLaw = {
  name: 'offsets',
  says: 'an offset comes back from JSON and from its schema as it was',
  meaning: 'a later run cannot read its offset, or continues from another one: changes are lost, or told twice.',
  async check(world) {
    await using place = await world.place()
    const { start, items } = await world.told(place)
    const example = [...(start === undefined ? [] : [start]), ...offsetsIn(items).map(({ offset }) => offset)]
      .map((offset) => storedProblem(world.feed, offset))
      .find((problem) => problem !== undefined)
    return example === undefined ? [] : [{ table: undefined, example }]
  },
}

function storedProblem(feed: Feed, offset: unknown): string | undefined {
  const text: unknown = JSON.stringify(offset)
  if (typeof text !== 'string') return `the offset ${String(offset)} is not JSON`
  const parsed = feed.offset.safeParse(JSON.parse(text))
  if (!parsed.success)
    return `the offset ${cut(text)} does not fit its schema once it was stored: ${parsed.error.issues[0]?.message}`
  return textOf(parsed.data) === textOf(offset) && JSON.stringify(parsed.data) === text
    ? undefined
    : `the offset ${cut(text)} comes back from its schema as ${cut(textOf(parsed.data))}`
}

export const orderLaw: FeedLaw = {
  name: 'order',
  says: 'isPast is an order of the offsets: the one in which read yields them',
  meaning: 'a run ends before it has read what the system has, or never; a row is shown before the feed has passed it.',
  async check(world) {
    const { isPast } = world.feed
    if (isPast === undefined) return []
    await using place = await world.place()
    let { items } = await world.told(place, { ends: 'quiet' })
    // A feed may tell all that it finds at once with one checkpoint: then more is to happen.
    for (let more = 0; more < MAX_MORE && partedIn(items).length < 2; more++)
      items = [...items, ...(await world.toldSince(place, offsetsIn(items).at(-1)?.offset, 'quiet'))]
    const offsets = spread(offsetsIn(items), MAX_COMPARED)
    const is = (one: ToldOffset, other: ToldOffset): boolean => isPast(one.offset as never, other.offset as never)
    const fail = (example: string): readonly Finding[] => [{ table: undefined, example }]
    if (partedIn(items).length < 2)
      return fail('there are no two checkpoints with changes between them; give the test two')
    for (const [at, one] of offsets.entries()) {
      if (!is(one, one)) return fail(`isPast(${cut(one.text)}, the same) is false; an offset is past itself`)
      for (const later of offsets.slice(at + 1)) {
        if (!is(later, one)) return fail(`${cut(later.text)} comes after ${cut(one.text)}, but isPast says it does not`)
        if (is(one, later) && isParted(items, one.itemsTold, later.itemsTold))
          return fail(`isPast says of ${cut(one.text)} that it is past ${cut(later.text)}, which comes after it`)
      }
    }
    return []
  },
}

export const continuesLaw: FeedLaw = {
  name: 'continues',
  says: 'from any checkpoint read continues: what came before and what it then tells are the whole',
  meaning: 'each run loses the changes around its start, or rows without a key are there twice.',
  async check(world) {
    await using place = await world.place()
    const { tables, items } = await world.told(place)
    const whole = rowTexts(tables, items)
    for (const { offset, text, itemsTold } of spread(offsetsIn(items), MAX_CONTINUED)) {
      const parsed = world.feed.offset.safeParse(JSON.parse(JSON.stringify(offset)))
      if (!parsed.success) continue
      await using opened = await world.open(place)
      const rest = await opened.told(parsed.data)
      const parts = rowTexts(tables, [...items.slice(0, itemsTold), ...rest])
      for (const [table, rows] of whole) {
        if (world.isWaived(table)) continue
        const lost = missing(rows, parts.get(table) ?? [])
        if (lost.length > 0)
          return [{ table, example: `read from ${cut(text)} on, the row ${cut(shortest(lost))} is missing` }]
        const more = missing(parts.get(table) ?? [], rows)
        if (more.length > 0)
          return [
            { table, example: `read from ${cut(text)} on, the row ${cut(shortest(more))} is there twice or outdated` },
          ]
      }
    }
    return []
  },
}

function rowTexts(tables: readonly Table[], items: readonly ToldItem[]): ReadonlyMap<string, readonly string[]> {
  return new Map([...toldRows(tables, items)].map(([name, rows]) => [name, rows.map(textOf)]))
}

function offsetsIn(items: readonly ToldItem[]): readonly ToldOffset[] {
  return items.flatMap(({ checkpoint }, at) =>
    checkpoint === undefined
      ? []
      : [{ offset: checkpoint.offset, text: String(JSON.stringify(checkpoint.offset)), itemsTold: at + 1 }],
  )
}

/** Checkpoints before which changes were told. */
function partedIn(items: readonly ToldItem[]): readonly ToldOffset[] {
  const offsets = offsetsIn(items)
  return offsets.filter(({ itemsTold }, at) => isParted(items, offsets[at - 1]?.itemsTold ?? 0, itemsTold))
}

/** Whether changes were told between two checkpoints. */
const isParted = (items: readonly ToldItem[], from: number, to: number): boolean =>
  items.slice(from, to).some(({ change }) => change !== undefined)

/** So many of a list, the first and the last with them. */
function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all
  return Array.from({ length: most }, (_, nth) => all[Math.round((nth * (all.length - 1)) / (most - 1))]!)
}
