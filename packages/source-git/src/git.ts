import { devNull } from 'node:os'
import type { Logger } from '@tidemark/core'
import { nothingConfigured } from './failure.ts'
import { run, textOf } from './process.ts'
import { findRepository, type Repository, shallowCommits } from './repository.ts'

export interface GitOptions {
  /** Paths as the user wrote them; absent: the working directory. */
  readonly repositories?: readonly string[] | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined
}

interface Asked {
  readonly signal: AbortSignal
  readonly log: Logger
}

/** The client of the git source: the repositories, and git commands in them. */
export class Git {
  readonly now: () => number
  readonly #paths: readonly string[] | undefined
  readonly #warned = new Set<string>()
  // What a revision answered for must be read, even where a force-push takes it away in between.
  readonly #answered = new Map<string, readonly string[]>()

  constructor({ repositories, now = Date.now }: GitOptions = {}) {
    this.#paths = repositories
    this.now = now
  }

  /** The repositories to read, each once, however many paths lead to it. @throws SyncError where none is named or found. */
  async repositories({ signal, log }: Asked): Promise<Repository[]> {
    const found = new Map<string, Repository>()
    for (const path of this.#paths ?? ['.']) {
      const repository = await findRepository(path, { signal, written: this.#paths !== undefined })
      if (repository === undefined) throw nothingConfigured(process.cwd())
      found.set(repository.id, repository)
      await this.#warnShallow(repository, log)
    }
    return [...found.values()]
  }

  /** Runs a git command in a repository and yields what it prints. */
  run(
    repository: Repository,
    args: readonly string[],
    options: { signal: AbortSignal; input?: (signal: AbortSignal) => AsyncIterable<string> },
  ): AsyncGenerator<Buffer> {
    return run([...inside(repository), ...args], { ...options, subject: repository.id })
  }

  /** What a short git command in a repository prints, one character a byte. */
  text(
    repository: Repository,
    args: readonly string[],
    options: { signal: AbortSignal; input?: string; judge?: () => undefined },
  ): Promise<string> {
    const { signal, input, judge } = options
    const feed =
      input === undefined
        ? undefined
        : async function* () {
            yield input
          }
    return textOf([...inside(repository), ...args], { signal, subject: repository.id, input: feed, judge })
  }

  /** Remembers the tips that a table's revision was made from. */
  answeredFor(table: string, repository: Repository, tips: readonly string[]): void {
    this.#answered.set(`${table} ${repository.id}`, tips)
  }

  answered(table: string, repository: Repository): readonly string[] {
    return this.#answered.get(`${table} ${repository.id}`) ?? []
  }

  async #warnShallow(repository: Repository, log: Logger): Promise<void> {
    if (this.#warned.has(repository.id)) return
    const { length } = await shallowCommits(repository)
    if (length === 0) return
    this.#warned.add(repository.id)
    log.warn('a shallow clone: older commits are missing until "git fetch --unshallow" is run there', {
      repository: repository.id,
    })
  }
}

// Bare, so that neither the files that happen to be checked out nor their .gitattributes change what is read.
function inside(repository: Repository): readonly string[] {
  return ['--no-pager', '--bare', `--git-dir=${repository.gitDir}`, '-c', `core.attributesFile=${devNull}`]
}
