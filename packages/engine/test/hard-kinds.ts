import { minutes } from '@tidemark/core'
import type { Spec } from './system.ts'

export const PARTITIONS = ['a', 'b', 'c'] as const

/** A table as a hard world has it. */
export interface Kind {
  readonly name: string
  /** `cursor: null` stands for none. */
  readonly spec: Spec
  readonly keyed: boolean
  readonly partitioned: boolean
  /** Deletions are told, with their positions. */
  readonly told: boolean
  readonly hard?: true
  readonly revision?: true
  /** Its start is open. */
  readonly open?: true
}

const windowed = { window: minutes(3), lookback: minutes(1) }
const keyed = { spec: windowed, keyed: true, partitioned: false, told: true } as const

export const kinds: readonly Kind[] = [
  { ...keyed, name: 'keyed, with partitions', partitioned: true },
  { ...keyed, name: 'keyed, deleted for good', hard: true },
  { ...keyed, name: 'keyed, descending', spec: { ...windowed, ordered: 'descending' } },
  {
    ...keyed,
    name: 'keyed, ascending, with partitions',
    spec: { ...windowed, ordered: 'ascending' },
    partitioned: true,
  },
  { ...keyed, name: 'keyed, without a start, with partitions', partitioned: true, open: true },
  { ...keyed, name: 'keyed, descending, without a start', spec: { ...windowed, ordered: 'descending' }, open: true },
  { ...keyed, name: 'keyed, without a start, with a revision', told: false, revision: true, open: true },
  { ...keyed, name: 'keyed, with a revision and what is stale', told: false, revision: true },
  { ...keyed, name: 'keyed, with a revision, by partition', told: false, revision: true, partitioned: true },
  {
    ...keyed,
    name: 'without a key, by partition',
    spec: { ...windowed, primaryKey: undefined },
    keyed: false,
    partitioned: true,
  },
  {
    ...keyed,
    name: 'whole, in key ranges, by partition',
    spec: {
      cursor: null,
      minAge: undefined,
      lookback: undefined,
      keyRanges: { column: 'id', bounds: () => [4, 8, 16] },
    },
    told: false,
    partitioned: true,
  },
  {
    ...keyed,
    name: 'whole, by partition',
    spec: { cursor: null, minAge: undefined, lookback: undefined },
    told: false,
    partitioned: true,
  },
]
