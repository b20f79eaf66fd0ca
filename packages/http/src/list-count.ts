import { SyncError } from '@tidemark/core'
import { placeText } from './answer-place.ts'
import type { AnswerPlace, BodyPath } from './at-path.ts'
import type { HttpAnswer } from './http-options.ts'
import { saysMore, type TotalPlace, totalOf } from './list-total.ts'

export interface ListCountOptions {
  /** Whether pages have nothing but their place: a row that is deleted meanwhile makes another pass the border between two. */
  readonly byPlace: boolean
  readonly rows: BodyPath
  readonly total: TotalPlace | undefined
  /** Where an answer says whether there is more behind it; the usual places where absent. */
  readonly more?: AnswerPlace | undefined
  /** What identifies a row: one that comes twice counts once. */
  readonly keyIn: ((row: unknown) => string | undefined) | undefined
}

/** How far a list has come. */
export interface ListSoFar {
  /** Rows of all pages up to this one; one that came twice counts once. */
  readonly rows: number
  /** Rows of the longest page. */
  readonly longest: number
  /** How many rows the API says that there are. */
  readonly total: number | undefined
  /** What in this answer says that there is more behind it, such as `has_more`. */
  readonly more: string | undefined
  /** How many pages without rows there were in a row, with this one. */
  readonly empty: number
}

// Keys of more rows than this are not kept: what comes twice then counts twice.
const MAX_KEYS = 500_000

/** Counts the rows of a list, and holds them against what the API says of their number. */
export class ListCount {
  readonly #options: ListCountOptions
  readonly #keys = new Set<string>()
  #pages = 0
  #rows = 0
  #again = 0
  #longest = 0
  #empty = 0
  #total: number | undefined
  /** The least that any answer said: rows that are deleted meanwhile are no longer owed. */
  #least: number | undefined
  #more: string | undefined
  /** Rows were deleted between two pages. */
  #isShrunk = false

  constructor(options: ListCountOptions) {
    this.#options = options
  }

  get soFar(): ListSoFar {
    return {
      rows: this.#rows - this.#again,
      longest: this.#longest,
      total: this.#total,
      more: this.#more,
      empty: this.#empty,
    }
  }

  /** Takes in a page. @returns how many of its rows had not come before. */
  take(answer: HttpAnswer, rows: readonly unknown[], what: string): number {
    const { total: place } = this.#options
    const total = totalOf(answer, this.#options.rows, place)
    // Some APIs count with the first page alone.
    if (total === undefined && this.#pages === 0 && place !== undefined && place !== false)
      throw new SyncError(`${what}: the answer has no count ${placeText(place)}`, 'fix-source', { code: 'paging' })
    const before = this.#total
    const isBehind = rows.length === 0 && this.isComplete
    this.#pages++
    this.#total = total ?? this.#total
    if (total !== undefined) this.#least = Math.min(total, this.#least ?? total)
    this.#more = saysMore(answer, this.#options.rows, this.#options.more)
    this.#empty = rows.length === 0 ? this.#empty + 1 : 0
    this.#rows += rows.length
    this.#longest = Math.max(this.#longest, rows.length)
    const fresh = rows.filter((row) => this.#isFresh(row)).length
    this.#again += rows.length - fresh
    // A count below what was given already counts something else, such as the rows of one page.
    const isLess = total !== undefined && before !== undefined && total < before && total >= this.soFar.rows
    if (isLess && !isBehind) this.#isShrunk = true
    return fresh
  }

  /** Whether all rows that the API counts are there. What is asked behind them may fail. */
  get isComplete(): boolean {
    const { rows, total } = this.soFar
    return total !== undefined && rows >= total
  }

  /** At the end of a list. @throws SyncError where the API counts more rows than it gave. */
  check(what: string, isPaged: boolean): void {
    this.checkPlaces(what)
    this.#checkCount(what, isPaged)
  }

  /** Where a list is left before its end. @throws SyncError where rows have moved to pages that were read before. */
  checkPlaces(what: string): void {
    if (this.#isShrunk && this.#options.byPlace)
      throw new SyncError(
        `${what}: rows were deleted while the list was read, so other rows moved to earlier pages and were missed`,
        'retry',
        { code: 'paging' },
      )
  }

  #checkCount(what: string, isPaged: boolean): void {
    const { rows } = this.soFar
    if (this.#least === undefined || rows >= this.#least) return
    const told = `${what}: the API counts ${this.#least} rows and gave ${rows}`
    throw isPaged
      ? new SyncError(`${told}: rows moved between pages, or the count is wrong (if so, set "total": false)`, 'retry', {
          code: 'paging',
        })
      : new SyncError(
          `${told}; configure how the next page is found, or set "total": false if the count is of something else`,
          'fix-source',
          { code: 'paging' },
        )
  }

  #isFresh(row: unknown): boolean {
    const key = this.#keys.size < MAX_KEYS ? this.#options.keyIn?.(row) : undefined
    if (key === undefined) return true
    const before = this.#keys.size
    this.#keys.add(key)
    return this.#keys.size > before
  }
}
