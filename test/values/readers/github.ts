import source from '@tidemark/source-github'
import { afterAll } from 'vitest'
import { make } from '../../../packages/source-github/test/fixtures.ts'
import { GitHubServer } from '../../../packages/source-github/test/github-server.ts'
import type { Case, Reader, Written } from '../example.ts'
import { GITHUB } from '../inputs/github.ts'

const servers: GitHubServer[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

const OTHERS = [
  'repositories',
  'issue_comments',
  'pull_requests',
  'reviews',
  'commits',
  'releases',
  'stargazers',
  'labels',
]

/** An issue for each example, in one repository. */
export const github: Reader = {
  name: 'GitHub',
  examples: GITHUB,
  async write(cases) {
    const server = await GitHubServer.start()
    servers.push(server)
    const repository = server.add('octo/values', 1)
    // As texts, so that a number keeps its digits.
    const texts = cases.map((one) => issueOf(one, server.at(-60)))
    for (const { number } of cases) repository.issues.push(make.issue(number, server.at(-60)))
    server.raw = (path) => (path.endsWith('/issues') ? `[${texts.join(',')}]` : undefined)
    const tables = [...OTHERS, 'milestones', 'workflow_runs']
    return {
      source,
      config: { repositories: ['octo/values'], baseUrl: server.url },
      options: { tables: Object.fromEntries(tables.map((name) => [name, false])) },
      place: ({ number, example }) => ({
        table: 'issues',
        column: example.kind!.split('=')[0]!,
        key: { column: 'id', value: String(number) },
      }),
    } satisfies Written
  },
}

const MARK = '"here stands the value"'

function issueOf({ example: { kind, given }, number }: Case, at: string): string {
  const [field, inside] = kind!.split('=').at(-1)!.split('.')
  const mark = JSON.parse(MARK) as string
  const issue = make.issue(number, at)
  const value = inside === undefined ? mark : { ...(issue[field!] as object), [inside]: mark }
  return JSON.stringify({ ...issue, [field!]: value }).replace(MARK, () => given)
}
