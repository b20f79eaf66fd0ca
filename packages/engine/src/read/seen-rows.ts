import type { Deletion, EncodedKey, EncodedRow, Prepared, Range, StepRef, Table } from '@tidemark/core/engine'
import type { Step } from '../plan/step.ts'
import { lookedBack } from '../report/lateness.ts'
import { AscendingMap } from './ascending-map.ts'
import { comparableIn, keyText, mapKey } from './batch-buffer.ts'

type Position = number | bigint

/** What is known of a step that reads. */
interface Reading {
  readonly step: Step
  readonly ref: StepRef
  readonly table: Pick<Table, 'primaryKey'>
  readonly prepared: Pick<Prepared, 'encoder'>
}

const NOWHERE = { from: 0n, to: 0n }

/** The most keys, and the most characters of them, that a step remembers having yielded. */
const MAX_KEYS = 200_000
const MOST_CHARACTERS = 32 * 1024 * 1024

/**
 * What a step has given of rows that the destination may hold in another version. What it gives is the truth about those,
 * so that of two versions that it gives itself the greater cursor must count, however far apart they come.
 */
export class SeenRows {
  readonly #key: readonly number[]
  readonly #below: bigint | undefined
  readonly #single: number
  readonly #rows = new AscendingMap<Position>()
  readonly #deletions = new Map<unknown, Deletion>()
  #characters = 0
  #isFull = false

  /**
   * @param key where the key's columns are in an encoded row.
   * @param below rows below this position are remembered; undefined: all.
   */
  constructor(key: readonly number[], below: bigint | undefined) {
    this.#key = key
    this.#single = key.length === 1 ? key[0]! : -1
    this.#below = below
  }

  /** There were more than can be remembered: nothing is certain any more. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** @returns whether a newer version of the row came before it. */
  isOlder(row: EncodedRow): boolean {
    const position = row.at(-1) as Position | null
    if (position === null || (this.#below !== undefined && position >= this.#below)) return false
    return this.#saw(
      this.#single >= 0 ? comparableIn(row[this.#single]) : keyText(this.#key.map((at) => row[at])),
      position,
    )
  }

  /** @returns whether the key was seen at a greater position. */
  saw(values: EncodedKey, position: Position): boolean {
    return this.#saw(mapKey(values), position)
  }

  #saw(key: unknown, position: Position): boolean {
    const known = this.#rows.get(key)
    if (known !== undefined && known > position) return true
    if (this.#hasRoom(this.#rows, key)) this.#rows.set(key, position)
    return false
  }

  /** A deletion that came from below what is covered again. */
  deleted(deletion: Deletion): void {
    const key = mapKey(deletion.key)
    if (this.#hasRoom(this.#deletions, key)) this.#deletions.set(key, deletion)
  }

  #hasRoom(kept: Pick<ReadonlyMap<unknown, unknown>, 'has' | 'size'>, key: unknown): boolean {
    if (kept.has(key)) return true
    const characters = typeof key === 'string' ? key.length : 0
    const fits = kept.size < MAX_KEYS && this.#characters + characters <= MOST_CHARACTERS
    if (fits) this.#characters += characters
    else this.#isFull = true
    return fits
  }

  /** Of those the ones above which the step gave no row. */
  lateDeletions(): readonly Deletion[] {
    if (this.#isFull) return []
    return [...this.#deletions].flatMap(([key, deletion]) => {
      const row = this.#rows.get(key)
      return row !== undefined && deletion.position !== null && row > deletion.position ? [] : [deletion]
    })
  }
}

/** What a step remembers: of its first attempt what it only looks back for; of another one all, because some was written. */
export function seenIn({ step, ref, table, prepared }: Reading): SeenRows | undefined {
  if (step.window === undefined || table.primaryKey.length === 0) return undefined
  if (ref.attempt > 1) return new SeenRows(prepared.encoder.key, undefined)
  return lookedBack(step) === undefined ? undefined : new SeenRows(prepared.encoder.key, step.window.from)
}

/** Where the rows of one batch among several are the truth: where all that came before it is remembered. Undefined: everywhere. */
export function truthOf({ step, ref }: Reading, seen: SeenRows | undefined): Range | undefined {
  if (seen === undefined || seen.isFull) return NOWHERE
  if (ref.attempt > 1) return undefined
  return step.window?.from === undefined ? NOWHERE : { from: step.read?.from, to: step.window.from }
}
