import type { Token } from 'stream-json/core/parser.js'
import { InvalidFileError } from './invalid-file-error.ts'

/** An object or a list that is open. */
interface Open {
  readonly isList: boolean
  /** Whether the path leads through it, or into it. */
  readonly isOnPath: boolean
  /** The member that is being read. */
  name: string
  /** It has the member that the path names. */
  hasNext: boolean
}

/**
 * Finds records in the lists at a path in a JSON document: `data.items`, where `*` stands for every item of a list and every
 * member of an object. Sees only the tokens between records, so that nothing else of a document is kept.
 */
export class RecordsBelow {
  readonly #path: string
  readonly #names: readonly string[]
  readonly #open: Open[] = []
  #documents = 0

  constructor(path: string) {
    this.#path = path
    this.#names = path.split('.')
  }

  /** All documents have ended, and there was one. */
  get isWhole(): boolean {
    return !this.isOpen && this.#documents > 0
  }

  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /** Reads a token between records; whether it begins one. */
  begins(token: Token): boolean {
    switch (token.name) {
      case 'keyValue':
        this.#enter(this.#open.at(-1)!, token.value)
        return false
      case 'startObject':
      case 'startArray':
        return this.#start(token.name === 'startArray')
      case 'endObject':
      case 'endArray':
        this.#end()
        return false
      default:
        this.#see(token)
        return false
    }
  }

  #enter(open: Open, name: string): void {
    open.name = name
    if (name === this.#names[this.#open.length - 1]) open.hasNext = true
  }

  #start(isList: boolean): boolean {
    const at = this.#open.length
    const isOnPath = this.#isOnPath()
    // Behind a name the path promises a list; behind a `*` an object is a record too.
    if (isOnPath && !isList && at === this.#names.length) {
      if (this.#names.at(-1) === '*') return true
      throw this.#noList('an object')
    }
    if (isOnPath && at > this.#names.length) {
      if (!isList) return true
      throw this.#notAnObject('a list')
    }
    const isAll = at >= this.#names.length || this.#names[at] === '*'
    this.#open.push({ isList, isOnPath, name: '', hasNext: isAll })
    return false
  }

  #end(): void {
    const { isOnPath, hasNext } = this.#open.pop()!
    if (isOnPath && !hasNext) throw this.#noList('nothing')
    if (this.#open.length === 0) this.#documents++
  }

  /** A value between records: it must not be where a list or a record is promised. */
  #see(token: Token): void {
    if (!this.#isOnPath()) return
    const value = 'value' in token ? String(token.value) : token.name.replace('Value', '')
    throw this.#open.length > this.#names.length ? this.#notAnObject(value) : this.#noList(value)
  }

  /** Whether what begins now is on the path, or directly in a list at its end. */
  #isOnPath(): boolean {
    const open = this.#open.at(-1)
    if (open === undefined) return true
    if (!open.isOnPath) return false
    const name = this.#names[this.#open.length - 1]
    return name === undefined || name === '*' || (!open.isList && open.name === name)
  }

  #noList(found: string): InvalidFileError {
    return new InvalidFileError(
      `has ${found.slice(0, 40)} instead of a list at "${this.#path}": correct "rows" in the table's config, or the file`,
    )
  }

  #notAnObject(found: string): InvalidFileError {
    return new InvalidFileError(
      `has ${found.slice(0, 40)} instead of an object in the list at "${this.#path}": every record must be a JSON object`,
    )
  }
}
