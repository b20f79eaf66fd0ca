import { SyncError } from '@tidemark/core'
import type { Git } from './git.ts'
import { linesIn } from './lines.ts'
import type { Repository } from './repository.ts'
import { secondsOf } from './time.ts'

/** A commit as a walk through the history meets it. */
export interface Visit {
  readonly sha: string
  /** The committer's date, in seconds since 1970. */
  readonly seconds: number
}

export interface Walk {
  readonly from: readonly string[]
  /** Commits that are left out with all their ancestors. */
  readonly not?: readonly string[] | undefined
  readonly merges?: 'skip' | undefined
}

/**
 * Every commit that can be reached, with its date, in git's own order. Dates are compared by whoever asks: git's
 * `--since` and `--until` stop at the first old commit and miss what a wrong clock has put behind it. Commits to start
 * from that are gone (a force-push, then gc) are passed over.
 */
export async function* walk(
  git: Git,
  repository: Repository,
  { from, not = [], merges }: Walk,
  signal: AbortSignal,
): AsyncGenerator<readonly Visit[]> {
  if (from.length === 0) return
  const args = [
    'rev-list',
    '--timestamp',
    '--ignore-missing',
    ...(merges === 'skip' ? ['--max-parents=1'] : []),
    '--stdin',
  ]
  const input = async function* () {
    yield `${from.join('\n')}\n`
    if (not.length > 0) yield `^${not.join('\n^')}\n`
  }
  yield* visits(git.run(repository, args, { signal, input }), repository)
}

/** The commits that refs and the HEADs of all worktrees stand at, newest first, each once. */
export async function tipsOf(git: Git, repository: Repository, signal: AbortSignal): Promise<readonly Visit[]> {
  const tips: Visit[] = []
  const output = git.run(repository, ['rev-list', '--all', '--no-walk', '--timestamp'], { signal })
  for await (const page of visits(output, repository)) tips.push(...page)
  return tips.sort((a, b) => b.seconds - a.seconds || (a.sha < b.sha ? -1 : 1))
}

async function* visits(chunks: AsyncIterable<Buffer>, repository: Repository): AsyncGenerator<readonly Visit[]> {
  for await (const lines of linesIn(chunks)) yield lines.map((line) => visitOf(line, repository))
}

const LINE = /^(\d+) ([0-9a-f]{40,64})$/

function visitOf(line: string, repository: Repository): Visit {
  const match = LINE.exec(line)
  if (match === null)
    throw new SyncError(`unexpected output from git rev-list in ${repository.id}: ${line}`, 'fix-source')
  return { seconds: secondsOf(match[1]!), sha: match[2]! }
}
