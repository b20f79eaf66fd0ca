import type { Destination } from '@tidemark/core/engine'
import { checkSaid } from './check-records.ts'
import type { Connect } from './checker.ts'
import { isLarge, type LogEntry, LogFold, transactionAt } from './told-log.ts'
import type { VictimLine } from './victim-options.ts'

/** The feed of the crash system. */
export const CRASH_FEED = 'crash/log'
/** Half a batch of a process of the harness: a checkpoint after so many changes is committed. */
const HALF_BATCH = 125

/** How far a feed is at one moment. */
export interface FoundFeed {
  /** Undefined: none is committed, because it begins, or begins again. */
  readonly offset: number | undefined
  readonly seq: bigint
  /** All that was there before it began is read; absent: nothing was. */
  readonly isWhole?: boolean | undefined
}

/** What a destination holds of the log at one moment. */
interface FoundLog extends FoundFeed {
  readonly offset: number
  /** Texts of the rows of the table with a key, by their keys. */
  readonly rows: ReadonlyMap<number, string>
  /** Texts of those of the table without one. */
  readonly added: readonly string[]
}

/**
 * Looks at the tables of a feed, and adds what is wrong with their rows. @returns how far the feed is; undefined: its tables are not
 * there.
 */
export type LookAtFed = (
  destination: Destination,
  until: number,
  violations: string[],
) => Promise<FoundFeed | undefined>

/**
 * Knows what the log of the crash system comes to at each of its offsets: rows and offset agree, nothing is doubled, and neither
 * ever goes back.
 */
export class FedChecker {
  readonly #connect: Connect
  readonly #look: LookAtFed
  #before = { offset: 0, seq: 0n }
  /** Whether all that was there before it began was read at the last look. */
  isWhole = true

  /** @param look knows the rows; absent: those of the log that tells all there is. */
  constructor(connect: Connect, look: LookAtFed = lookAtLog) {
    this.#connect = connect
    this.#look = look
  }

  /** Looks, and says what is wrong; nothing: all is well. */
  async check(until: number, said: readonly VictimLine[] = []): Promise<readonly string[]> {
    const destination = await this.#connect()
    try {
      const { found, violations } = await settled(destination, (wrong) => this.#look(destination, until, wrong))
      if (found === undefined) return violations
      const { seq, offset = this.#before.offset } = found
      this.isWhole = found.isWhole !== false
      if (offset < this.#before.offset || seq < this.#before.seq)
        violations.push(`the feed went back from ${this.#before.offset} (${this.#before.seq}) to ${offset} (${seq})`)
      if (offset > until) violations.push(`the offset is ${offset}, and the log ends at ${until}`)
      const acknowledged = Math.max(0, ...said.map((line) => (line.type === 'acknowledged' ? line.at : 0)))
      if (acknowledged > offset) violations.push(`${acknowledged} was acknowledged, and ${offset} is committed`)
      this.#before = { offset, seq }
      violations.push(...(await recordsOf(destination)))
      return [...violations, ...(await checkSaid(destination, said))]
    } finally {
      await destination.close()
    }
  }
}

/** What is there once nothing is being committed: a server may still do what a process asked of it before its death. */
async function settled(destination: Destination, look: (violations: string[]) => Promise<FoundFeed | undefined>) {
  const commits = async (): Promise<string> => {
    const { rows } = await destination.query('select count(*), sum(batches) from _tidemark_steps')
    const { seq = 0n } = (await destination.state()).feeds?.get(CRASH_FEED) ?? {}
    return `${seq} ${rows.join()}`
  }
  for (let before = await commits(); ; ) {
    const violations: string[] = []
    const found = await look(violations)
    const after = await commits()
    if (after === before) return { found, violations }
    before = after
  }
}

async function lookAtLog(destination: Destination, until: number, violations: string[]): Promise<FoundLog | undefined> {
  const found = await foundIn(destination, violations)
  if (found !== undefined) violations.push(...agreement(found, until))
  return found
}

async function foundIn(destination: Destination, violations: string[]): Promise<FoundLog | undefined> {
  const { feeds, tables } = await destination.state()
  if (['crash_told', 'crash_added'].some((name) => tables.get(name)?.schema == null)) return undefined
  const feed = feeds?.get(CRASH_FEED)
  const { rows: told } = await destination.query(
    'select id, note, total, _missing from crash_told where _deleted_at is null',
  )
  const { rows: added } = await destination.query(
    'select "transaction", nth from crash_added where _deleted_at is null',
  )
  const rows = new Map<number, string>()
  for (const [id, note, total, missing] of told) {
    if (rows.has(Number(id))) violations.push(`crash_told: the row ${id} is there twice`)
    if (missing !== null) violations.push(`crash_told: something of the row ${id} is missing, and it is shown`)
    rows.set(Number(id), `${note} ${total}`)
  }
  return {
    offset: feed?.offset == null ? 0 : (JSON.parse(feed.offset) as { readonly at: number }).at,
    seq: feed?.seq ?? 0n,
    rows,
    added: added.map(([transaction, nth]) => `${transaction} ${nth}`).sort(),
  }
}

/**
 * The rows are what the log comes to at the offset. Where a large transaction follows, a row may be as any of its changes made it:
 * parts of it are committed before their offset, and after a crash told again.
 */
function agreement({ offset, rows, added }: FoundLog, until: number): readonly string[] {
  const fold = new LogFold()
  for (let at = 0; at < offset; at++) for (const entry of transactionAt(at)) fold.apply(entry)
  const expected = fold.added.map(({ transaction, nth }) => `${transaction} ${nth}`).sort()
  const violations: string[] = []
  if (expected.join() !== added.join())
    violations.push(`crash_added: ${added.length} rows, and at the offset ${offset} there are ${expected.length}`)
  const versions = new Map([...fold.rows.keys(), ...rows.keys()].map((id) => [id, new Set([versionOf(fold, id)])]))
  for (const entry of seenAhead(offset, until)) {
    fold.apply(entry)
    for (const id of touchedBy(entry))
      versions.set(id, (versions.get(id) ?? new Set([undefined])).add(versionOf(fold, id)))
  }
  const wrong = [...versions].filter(([id, known]) => !known.has(rows.get(id)))
  const [first] = wrong
  if (first !== undefined)
    violations.push(
      `crash_told: at the offset ${offset} ${wrong.length} rows are not as the log has them, such as ${first[0]}: ${rows.get(first[0])}, and not ${[...first[1]].join(' or ')}`,
    )
  return violations
}

/** A row as a text; undefined where it is not there. */
function versionOf({ rows }: LogFold, id: number): string | undefined {
  const row = rows.get(id)
  return row && `${row.note} ${row.total}`
}

function touchedBy(entry: LogEntry): readonly number[] {
  if (entry.op === 'delete') return [entry.id]
  if (entry.op !== 'put') return []
  return entry.before === undefined ? [Number(entry.row.id)] : [Number(entry.row.id), entry.before]
}

/** The entries behind an offset that may be there before the next is committed: up to the end of a large transaction that begins soon. */
function seenAhead(offset: number, until: number) {
  // As a batch counts: of each key its last change, and nothing of what a truncation took back.
  const keys = new Set<number>()
  let added = 0
  for (let at = offset; at < until && keys.size + added < HALF_BATCH; at++) {
    if (isLarge(at)) return Array.from({ length: at + 1 - offset }, (_, nth) => transactionAt(offset + nth)).flat()
    for (const entry of transactionAt(at)) {
      const touched = touchedBy(entry)
      if (entry.op === 'truncate') keys.clear()
      else if (touched.length === 0) added++
      for (const key of touched) keys.add(key)
    }
  }
  return []
}

/** The records of steps that ended add up. */
async function recordsOf(destination: Destination): Promise<readonly string[]> {
  const counts = 'rows_written + rows_unchanged + rows_deduped + rows_trimmed + rows_rejected'
  const { rows } = await destination.query(
    `select count(*) from _tidemark_steps where ended_at is not null and error is null and rows_read <> ${counts}`,
  )
  const odd = Number(rows[0]?.[0])
  return odd === 0 ? [] : [`${odd} records that do not add up`]
}
