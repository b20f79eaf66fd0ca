/** Text of one source file, and what stands there instead. */
interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A rule of feeds that is taken out of the sources, and the test that must notice. */
export interface TakenOut {
  /** Its line in docs/internal/feeds.md. */
  readonly id: string
  /** What is wrong then. */
  readonly wrong: string
  readonly edits: readonly Edit[]
  readonly test: { readonly file: string; readonly name: string }
}

const FEED = 'packages/engine/src/feed'
const ROWS = 'packages/destination/src/rows'
const LOG = 'packages/source-sql/src/postgres/log'

const engine = (file: string) => (name: string) => ({ file: `packages/engine/test/${file}.test.ts`, name })
const [backfill, feeds] = [engine('feed-backfill'), engine('feeds')]
const kept = (name: string) => ({ file: 'packages/testkit/src/destination/fed-row-laws.ts', name })
const stream = (name: string) => ({ file: 'packages/source-sql/test/log-stream.slow.test.ts', name })
const CHANGES = backfill('is equal to its source in the end: seed %i')

export const TAKEN_OUT: readonly TakenOut[] = [
  {
    id: 'N1',
    wrong: 'a chunk replaces what was told since',
    edits: [
      {
        file: `${FEED}/feed-part.ts`,
        find: 'const asOfSeq = state.offsetSeq',
        replace: 'const asOfSeq = state.offsetSeq + 1000n',
      },
    ],
    test: CHANGES,
  },
  {
    id: 'N2',
    wrong: 'a chunk is shown before its feed has passed it',
    edits: [{ file: `${FEED}/feed-part.ts`, find: 'await waits.until(() => isAtLeast(work, high))', replace: '' }],
    test: backfill('is never ahead of its feed, whenever it is looked at'),
  },
  {
    id: 'N3',
    wrong: 'what was received is acknowledged',
    edits: [
      {
        file: `${LOG}/log-connection.ts`,
        find: 'const end = chunk.readBigUInt64BE(1)',
        replace: 'const end = chunk.readBigUInt64BE(1); this.#acknowledged = end',
      },
    ],
    test: stream('the server is told what is committed, never what was only received'),
  },
  {
    id: 'N4',
    wrong: 'a part of a row that is not known is dropped',
    edits: [
      {
        file: `${ROWS}/write-fed.ts`,
        find: 'const filled = await fillPartial(writing, partial, epoch)',
        replace: 'const filled = (await fillPartial(writing, partial, epoch)).filter((one) => !one.isHidden)',
      },
    ],
    test: CHANGES,
  },
  {
    id: 'N5',
    wrong: 'a chunk that a truncation has overtaken is written',
    edits: [{ file: `${FEED}/feed-part.ts`, find: '(truncatedAt.get(table) ?? 0n) > asOfSeq || ', replace: '' }],
    test: CHANGES,
  },
  {
    id: 'N6',
    wrong: 'a chunk is read by the place in the log alone',
    edits: [{ file: `${LOG}/log-chunks.ts`, find: 'asOf.recent.every((xid) => sees(snapshot, xid)) && ', replace: '' }],
    test: stream('a chunk waits for a commit that is in the log before others see it'),
  },
  {
    id: 'R1',
    wrong: 'the batches of one transaction share a number',
    edits: [
      {
        file: `${FEED}/feed-reader.ts`,
        find: 'this.#buffer = this.#nextBuffer(buffer.seq + 1n)\n    const commit',
        replace:
          'this.#buffer = this.#nextBuffer(checkpoint === undefined ? buffer.seq : this.#writer.nextSeq + 1n)\n    const commit',
      },
      { file: `${FEED}/feed-writer.ts`, find: 'seq: buffer?.seq ?? this.nextSeq', replace: 'seq: this.nextSeq' },
      {
        file: `${ROWS}/write-fed.ts`,
        find: 'keyAndPosition(key, seq))\n  const told',
        replace: 'keyAndPosition(key, seq + 1n))\n  const told',
      },
    ],
    test: feeds('has a row that one part of a transaction deletes and a later one inserts again'),
  },
  {
    id: 'R1',
    wrong: 'an offset has the number of the last commit',
    edits: [
      {
        file: 'packages/destination/src/state/feed-record.ts',
        find: '...(checkpoint === undefined && joins.length === 0 ? {} : { offset_seq: seq }),',
        replace: 'offset_seq: seq,',
      },
    ],
    test: { file: 'packages/testkit/src/destination/feed-laws.ts', name: 'each take the next number, and only that' },
  },
  {
    id: 'R2',
    wrong: 'what was known before the present life of a table is sure',
    edits: [{ file: `${ROWS}/whole-rows.ts`, find: 'isOld: Number(isOld) === 1', replace: 'isOld: false' }],
    test: kept('of a row from before the present life of its table is shown, and says what is not sure'),
  },
  {
    id: 'R3',
    wrong: 'a deleted row lends its values to the next life of its key',
    edits: [
      {
        file: `${ROWS}/whole-rows.ts`,
        find: `sql\`(t._deleted_at is null or t.\${sql.id(MISSING)} is not null)\``,
        replace: 'sql`1 = 1`',
      },
    ],
    test: kept('takes nothing from a row that was deleted'),
  },
  {
    id: 'R3',
    wrong: 'a change lends values over the deletion in the same batch',
    edits: [
      {
        file: `${FEED}/table-changes.ts`,
        find: 'origin: isNew ? undefined : (old ?? key)',
        replace: 'origin: old ?? key',
      },
    ],
    test: feeds('does not take values from a row that was deleted'),
  },
  {
    id: 'R4',
    wrong: 'a row of which something is missing is shown',
    edits: [{ file: `${ROWS}/whole-rows.ts`, find: 'isHidden: missing.length > 0 &&', replace: 'isHidden: false &&' }],
    test: feeds('shows no row of which something was never told, until it is'),
  },
  {
    id: 'R4',
    wrong: 'rows of which something is missing are purged',
    edits: [
      {
        file: `${ROWS}/statements.ts`,
        find: `sql.raw(fed ? \`_deleted_at is not null and \${MISSING} is null\` : '_deleted_at is not null')`,
        replace: `sql.raw('_deleted_at is not null')`,
      },
    ],
    test: kept('that are deleted for good leave nothing'),
  },
  {
    id: 'R5',
    wrong: 'the values from before a rejected change are sure',
    edits: [
      { file: `${FEED}/table-changes.ts`, find: 'doubtful: told }, before)', replace: 'doubtful: NONE }, before)' },
    ],
    test: feeds('that tells a change that does not fit leaves no old value that counts as sure'),
  },
  {
    id: 'R5',
    wrong: 'a rejected change of a key leaves the old key',
    edits: [
      {
        file: `${FEED}/table-changes.ts`,
        find: 'doubtful: told }, before)',
        replace: 'doubtful: told }, undefined)',
      },
    ],
    test: feeds('that tells a new key with a row that does not fit leaves nothing under the old one'),
  },
  {
    id: 'R5',
    wrong: 'the rejects of each run count alone',
    edits: [
      {
        file: `${ROWS}/fed-reject-limit.ts`,
        find: 'if (!isPastRejectLimit({ step: hour, holdsRows: true }, limit)) return undefined',
        replace: 'if (hour.rows >= 0) return undefined',
      },
    ],
    test: feeds(
      'whose runs are short is paused where too many rows of an hour do not fit, and comes back with a resync',
    ),
  },
  {
    id: 'R6',
    wrong: 'what is missing is not read by its keys',
    edits: [
      {
        file: `${FEED}/feed-backfill.ts`,
        find: 'isMissing(table: TableRun): void {',
        replace: 'isMissing(table: TableRun): void { if (this.#work !== undefined) return',
      },
    ],
    test: CHANGES,
  },
  {
    id: 'R6',
    wrong: 'a chain of keys ends at its last link',
    edits: [{ file: `${FEED}/table-changes.ts`, find: 'origin: base.origin,', replace: 'origin: old ?? key,' }],
    test: feeds('keeps what a change did not tell, also where the key changed, and where keys are swapped'),
  },
  {
    id: 'R6',
    wrong: 'a row is written before the next is asked for what it had',
    edits: [
      {
        file: `${ROWS}/write-fed.ts`,
        find: 'const filled = await fillPartial(writing, partial, epoch)',
        replace: `const filled: CompletedRow[] = []
  for (const one of partial) {
    const [part] = await fillPartial(writing, [one], epoch)
    filled.push(part!)
    await session.write(target, { step, rows: [part!.row] as never }, { now, terms, lateRows: new LateRowCounter(undefined, terms) })
  }`,
      },
    ],
    test: kept('follows chains of keys, and keys that are exchanged'),
  },
  {
    id: 'R7',
    wrong: 'a chunk completes what a window or a whole read completes',
    edits: [
      {
        file: 'packages/destination/src/state/completion.ts',
        find: '    await synced(db, name, completes, now)\n    return false\n  }\n  const facts',
        replace: '  }\n  const facts',
      },
    ],
    test: backfill('answers nothing of what its feed told: a reject of a row that no chunk holds stays'),
  },
  {
    id: 'R8',
    wrong: 'a deletion leaves no mark while chunks are open',
    edits: [
      { file: `${FEED}/feed-writer.ts`, find: 'tombstones: isOpen || undefined', replace: 'tombstones: undefined' },
    ],
    test: CHANGES,
  },
  {
    id: 'R8',
    wrong: 'what a new pass does not find stays',
    edits: [
      {
        file: `${FEED}/gone-rows.ts`,
        find: 'isBackfilled || isReplaced ? greater(goneBelow, fed.epochSeq) : goneBelow',
        replace: 'isReplaced ? greater(goneBelow, fed.epochSeq) : goneBelow',
      },
    ],
    test: backfill('is read again when the feed was lost: what is gone is deleted, and rows stay readable'),
  },
  {
    id: 'R8',
    wrong: 'any number of rows may vanish at the end of a pass',
    edits: [
      {
        file: `${FEED}/gone-rows.ts`,
        find: 'deletionLimit: isConcluded || !feed.repeatable ? limit : undefined',
        replace: 'deletionLimit: feed.repeatable ? undefined : limit',
      },
    ],
    test: backfill('is withheld where too much of it is gone'),
  },
]
