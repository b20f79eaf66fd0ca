import { SyncError } from '@tidemark/core'
import { exactText } from './bytes.ts'

/** What one commit did to one path. */
export interface Change {
  readonly sha: string
  readonly committedAt: string
  readonly status: string
  readonly path: string
  readonly oldPath: string | null
  /** Null where the file is binary. */
  readonly added: number | null
  readonly deleted: number | null
}

/** Options of `git diff-tree` whose output `changesIn` reads; they override every setting a user could have made. */
export const DIFF = [
  '--stdin',
  '--always',
  '--root',
  '-r',
  '-z',
  '--raw',
  '--numstat',
  '--no-abbrev',
  '-M50%',
  '-l1000',
  '--diff-algorithm=myers',
  '--no-ext-diff',
  '--no-textconv',
  '--no-relative',
  '--ignore-submodules=none',
  '--no-color',
] as const

/**
 * Reads the output of `git diff-tree`: for each commit its hash, then all its paths, then the line counts of all.
 *
 * @param dates The dates of the commits that git was given; each is taken out when its commit comes.
 */
export async function* changesIn(
  chunks: AsyncIterable<Buffer>,
  dates: Map<string, string>,
): AsyncGenerator<readonly Change[]> {
  const reader = new ChangeReader(dates)
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const changes: Change[] = []
    let at = 0
    for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, at)) {
      const change = reader.take(bytes.subarray(at, end))
      if (change !== undefined) changes.push(change)
      at = end + 1
    }
    rest = bytes.subarray(at)
    if (changes.length > 0) yield changes
  }
  if (rest.length > 0 || !reader.isDone)
    throw new SyncError('the output of git diff-tree was cut off within a commit', 'retry')
}

interface Counts {
  readonly added: number | null
  readonly deleted: number | null
}

class ChangeReader {
  readonly #dates: Map<string, string>
  #sha = ''
  #committedAt = ''
  /** Paths whose counts are still to come, by their new name. */
  readonly #open = new Map<string, Pick<Change, 'status' | 'oldPath'>>()
  #status: string | undefined
  #counts: Counts | undefined
  #awaited = 0
  #paths: string[] = []

  constructor(dates: Map<string, string>) {
    this.#dates = dates
  }

  get isDone(): boolean {
    return this.#awaited === 0 && this.#open.size === 0
  }

  /** Takes one field, and gives a change where it completes one. */
  take(field: Buffer): Change | undefined {
    if (this.#awaited > 0) return this.#path(exactText(field))
    if (field[0] === COLON) this.#entry(field.toString('latin1'))
    else if (field.includes(TAB)) return this.#count(field)
    else this.#commit(field.toString('latin1'))
    return undefined
  }

  #commit(sha: string): void {
    if (!this.isDone) throw new SyncError(`git diff-tree gave no line counts for a path of ${this.#sha}`, 'fix-source')
    const date = this.#dates.get(sha)
    if (date === undefined)
      throw new SyncError(`git diff-tree returned a commit that was not requested: ${sha}`, 'fix-source')
    this.#dates.delete(sha)
    this.#sha = sha
    this.#committedAt = date
  }

  // `:<mode> <mode> <hash> <hash> <status><score>`, then the path, or both paths of a rename.
  #entry(entry: string): void {
    this.#status = entry.slice(entry.lastIndexOf(' ') + 1)[0]!
    this.#awaited = this.#status === 'R' || this.#status === 'C' ? 2 : 1
  }

  // `<added>\t<deleted>\t<path>`, or with no path there and both paths of a rename behind.
  #count(field: Buffer): Change | undefined {
    const first = field.indexOf(TAB)
    const second = field.indexOf(TAB, first + 1)
    this.#counts = {
      added: countOf(field.toString('latin1', 0, first)),
      deleted: countOf(field.toString('latin1', first + 1, second)),
    }
    const path = field.subarray(second + 1)
    if (path.length === 0) this.#awaited = 2
    return path.length === 0 ? undefined : this.#complete(exactText(path))
  }

  #path(path: string): Change | undefined {
    this.#paths.push(path)
    this.#awaited--
    if (this.#awaited > 0) return undefined
    const [first, second] = this.#paths
    this.#paths = []
    if (this.#counts !== undefined) return this.#complete(second ?? first!)
    this.#open.set(second ?? first!, { status: this.#status!, oldPath: second === undefined ? null : first! })
    return undefined
  }

  #complete(path: string): Change {
    const entry = this.#open.get(path)
    if (entry === undefined)
      throw new SyncError(
        `git diff-tree counted lines of a path that ${this.#sha} does not touch: ${path}`,
        'fix-source',
      )
    this.#open.delete(path)
    const counts = this.#counts!
    this.#counts = undefined
    return { sha: this.#sha, committedAt: this.#committedAt, path, ...entry, ...counts }
  }
}

const TAB = 9
const COLON = 58

function countOf(text: string): number | null {
  return text === '-' ? null : Number(text)
}
