import { createHash } from 'node:crypto'
import { exactText, plainText } from './bytes.ts'
import type { Git } from './git.ts'
import { linesIn } from './lines.ts'
import type { Repository } from './repository.ts'
import { isoOrNull } from './time.ts'

type RefKind = 'head' | 'branch' | 'tag' | 'remote' | 'other'
type ObjectType = 'commit' | 'tag' | 'tree' | 'blob'

export interface Ref {
  readonly name: string
  readonly kind: RefKind
  readonly sha: string
  readonly type: ObjectType
  readonly commitSha: string | null
  readonly target: string | null
  readonly isHead: boolean
  readonly taggerName: string | null
  readonly taggerEmail: string | null
  readonly taggedAt: string | null
}

const FIELDS = [
  'refname',
  'objectname',
  'objecttype',
  '*objectname',
  '*objecttype',
  'symref',
  'taggername',
  'taggeremail',
  'taggerdate:unix',
] as const

/** A text that changes when a ref comes, goes or moves. All else in a row follows from the object it stands at. */
export async function refsRevision(git: Git, repository: Repository, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const head = await headOf(git, repository, signal)
  hash.update(JSON.stringify(head))
  const args = ['for-each-ref', '--format=%(refname) %(objectname) %(symref)']
  for await (const chunk of git.run(repository, args, { signal })) hash.update(chunk)
  return hash.digest('hex')
}

/** HEAD, where there is a commit yet, and all refs. */
export async function* refsOf(git: Git, repository: Repository, signal: AbortSignal): AsyncGenerator<readonly Ref[]> {
  const head = await headOf(git, repository, signal)
  if (head.sha !== undefined) {
    const { sha, target } = head
    const untagged = { taggerName: null, taggerEmail: null, taggedAt: null }
    yield [
      {
        name: 'HEAD',
        kind: 'head',
        sha,
        type: 'commit',
        commitSha: sha,
        target: target ?? null,
        isHead: false,
        ...untagged,
      },
    ]
  }
  const format = FIELDS.map((field) => `%(${field})`).join('%00')
  const output = git.run(repository, ['for-each-ref', `--format=${format}`], { signal })
  for await (const lines of linesIn(output)) {
    const found: Ref[] = []
    for (const line of lines) {
      const { isNested, ...ref } = refOf(line, head.target)
      // Git tells what a tag stands at, but not where a tag of a tag leads in the end.
      found.push(isNested ? { ...ref, commitSha: await commitAt(git, repository, ref.sha, signal) } : ref)
    }
    yield found
  }
}

interface Head {
  /** Undefined before the first commit. */
  readonly sha: string | undefined
  /** Undefined where HEAD is detached. */
  readonly target: string | undefined
}

async function headOf(git: Git, repository: Repository, signal: AbortSignal): Promise<Head> {
  const target = await git.text(repository, ['symbolic-ref', '-q', 'HEAD'], { signal, judge: () => undefined })
  const sha = await commitAt(git, repository, 'HEAD', signal)
  return { sha: sha ?? undefined, target: target === '' ? undefined : nameOf(target.trimEnd()) }
}

/** The commit that a name leads to, if any. */
async function commitAt(git: Git, repository: Repository, name: string, signal: AbortSignal): Promise<string | null> {
  const answer = await git.text(repository, ['cat-file', '--batch-check=%(objecttype) %(objectname)'], {
    signal,
    input: `${name}^{}\n`,
  })
  return /^commit ([0-9a-f]+)\n$/.exec(answer)?.[1] ?? null
}

function refOf(line: string, head: string | undefined): Ref & { readonly isNested: boolean } {
  const [name = '', sha = '', type = '', inner = '', innerType = '', symref = '', tagger = '', email = '', date = ''] =
    line.split('\0')
  const fullName = nameOf(name)
  return {
    name: fullName,
    kind: kindOf(fullName),
    sha,
    type: type as ObjectType,
    commitSha: type === 'commit' ? sha : innerType === 'commit' ? inner : null,
    isNested: innerType === 'tag',
    target: symref === '' ? null : nameOf(symref),
    isHead: fullName === head,
    taggerName: tagger === '' ? null : plainText(Buffer.from(tagger, 'latin1')),
    taggerEmail: email === '' ? null : plainText(Buffer.from(email, 'latin1')).replace(/^<|>$/g, ''),
    taggedAt: date === '' ? null : isoOrNull(Number(date)),
  }
}

function nameOf(bytes: string): string {
  return exactText(Buffer.from(bytes, 'latin1'))
}

function kindOf(name: string): RefKind {
  if (name.startsWith('refs/heads/')) return 'branch'
  if (name.startsWith('refs/tags/')) return 'tag'
  return name.startsWith('refs/remotes/') ? 'remote' : 'other'
}
