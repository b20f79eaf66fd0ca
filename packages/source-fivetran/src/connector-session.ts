import type { ConnectorProcess, OperationList } from './connector-process.ts'

/** So many characters of what was not committed are kept, so that they can be read once more without running the connector again. */
const MAX_KEPT = 16_000_000

/** A run of update(), of which what was not committed yet can be read a second time, as long as it is little. */
export class ConnectorSession implements AsyncDisposable {
  /** The state that it started with, or committed last. */
  state: string
  readonly #process: ConnectorProcess
  readonly #source: AsyncGenerator<OperationList>
  #next: Promise<OperationList | undefined> | undefined
  /** Operations behind a checkpoint, which other threads sent. */
  #held: OperationList | undefined
  /** Their lines alone: rows that are kept would cost several times as much. */
  #kept: (readonly string[])[] = []
  #keptSize = 0
  #again: (readonly string[])[] = []
  #isOver = false

  constructor(process: ConnectorProcess, state: string) {
    this.#process = process
    this.#source = process.operations()
    this.state = state
  }

  /** The next operations; a checkpoint is the last of its list. Undefined: update() returned. */
  async next(): Promise<OperationList | undefined> {
    const lines = this.#again.shift()
    const list = lines === undefined ? await this.#taken() : this.#process.again(lines)
    if (list === undefined) return undefined
    this.#keptSize += list.size
    if (this.#isWhole) this.#kept.push(list.lines)
    else this.#kept = []
    return list
  }

  /** Waits for the next operations. @returns whether they are there. */
  async isReady(ms: number): Promise<boolean> {
    if (this.#again.length > 0) return true
    const late = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => late.resolve(false), ms)
    try {
      return await Promise.race([this.#pending().then(() => true), late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Goes back to the last commit. @returns false where that cannot be done. */
  rewind(): boolean {
    if (!this.#isWhole) return false
    this.#again = [...this.#kept, ...this.#again]
    this.#forget()
    return true
  }

  /** The checkpoint that came last is committed: the connector continues. */
  async committed(state: string): Promise<void> {
    this.state = state
    this.#forget()
    await this.#process.answer()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#next?.catch(() => {})
    await this.#process[Symbol.asyncDispose]()
  }

  get #isWhole(): boolean {
    return this.#keptSize <= MAX_KEPT
  }

  async #taken(): Promise<OperationList | undefined> {
    const list = await this.#pending()
    this.#next = undefined
    return list
  }

  #pending(): Promise<OperationList | undefined> {
    this.#next ??= this.#more()
    return this.#next
  }

  async #more(): Promise<OperationList | undefined> {
    if (this.#isOver) return undefined
    const list = this.#held ?? (await this.#pull())
    this.#held = undefined
    if (list === undefined) return undefined
    const { operations, lines, size } = list
    const at = operations.findIndex(({ kind }) => kind === 'checkpoint')
    if (at === -1 || at === operations.length - 1) return list
    this.#held = { operations: operations.slice(at + 1), lines: lines.slice(at + 1), size: 0 }
    return { operations: operations.slice(0, at + 1), lines: lines.slice(0, at + 1), size }
  }

  async #pull(): Promise<OperationList | undefined> {
    const next = await this.#source.next()
    if (next.done !== true) return next.value
    this.#isOver = true
    return undefined
  }

  #forget(): void {
    this.#kept = []
    this.#keptSize = 0
  }
}
