import { execFileSync } from 'node:child_process'
import source from '@tidemark/source-git'
import type { Case, Reader, Written } from '../example.ts'
import { GIT } from '../inputs/git.ts'
import { newFolder } from './folder.ts'

/** A commit for each example, in one repository. */
export const git: Reader = {
  name: 'git',
  examples: GIT,
  async write(cases) {
    const folder = newFolder()
    const run = (args: readonly string[], input: Buffer | string = ''): string =>
      execFileSync('git', args, {
        cwd: folder,
        input,
        env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
        stdio: ['pipe', 'pipe', 'pipe'],
      })
        .toString()
        .trim()
    run(['init', '-q', '-b', 'main'])
    const tree = run(['hash-object', '-t', 'tree', '-w', '--stdin'])
    const shas = new Map<number, string>()
    let parent = ''
    for (const one of cases) {
      const object = Buffer.from(commitOf(one, tree, parent), 'latin1')
      parent = run(['hash-object', '-t', 'commit', '-w', '--literally', '--stdin'], object)
      shas.set(one.number, parent)
    }
    run(['update-ref', 'refs/heads/main', parent])
    return {
      source,
      config: { repositories: [folder] },
      options: { tables: { commit_files: false, refs: false } },
      place: ({ number, example }) => ({
        table: 'commits',
        column: example.kind!,
        key: { column: 'sha', value: shas.get(number)! },
      }),
    } satisfies Written
  },
}

/** A commit object, a character a byte. The example stands in the place that its column is read from. */
function commitOf({ example: { kind, given }, number }: Case, tree: string, parent: string): string {
  const [, encoding, message = given] = /^(latin1):(.*)$/s.exec(given) ?? []
  const name = kind === 'author_name' ? given : 'Ada'
  const date = kind === 'authored_at' || kind === 'author_zone' ? given : '1706702400 +0000'
  return [
    `tree ${tree}`,
    ...(parent === '' ? [] : [`parent ${parent}`]),
    `author ${name} <ada@example.com> ${date}`,
    `committer Cy <cy@example.com> ${1_706_702_400 + number} +0000`,
    ...(encoding === undefined ? [] : [`encoding ${encoding}`]),
    '',
    `${kind === 'subject' ? message : 'a commit'}${kind === 'body' ? `\n\n${given}` : ''}\n`,
  ].join('\n')
}
