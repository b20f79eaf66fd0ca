import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type TestProject, testProject } from './test-project.ts'

/** Writes down the files that the process has loaded when it ends. */
const HOOK = `
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
const files = []
registerHooks({ load: (url, context, next) => {
  if (url.startsWith('file:')) files.push(url)
  return next(url, context)
} })
process.on('exit', () => writeFileSync('loaded.json', JSON.stringify(files)))
`

interface Loaded {
  readonly files: readonly string[]
  /** Packages within the binary's one file that were set going: there they wait in functions that bear their path. */
  readonly begun: readonly string[]
}

async function loadedBy(project: TestProject, args: readonly string[], environment = {}): Promise<Loaded> {
  const hook = project.write('hook.mjs', HOOK)
  const coverage = join(project.folder, 'coverage')
  await project.run(args, { NODE_OPTIONS: `--import ${hook}`, NODE_V8_COVERAGE: coverage, ...environment })
  const files = JSON.parse(readFileSync(join(project.folder, 'loaded.json'), 'utf8')) as readonly string[]
  const begun = readdirSync(coverage).flatMap((file) => functionsRun(readFileSync(join(coverage, file), 'utf8')))
  return {
    files: files.filter((one) => !one.endsWith('/hook.mjs')),
    begun: begun.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(name)?.[1] ?? []),
  }
}

function functionsRun(text: string): readonly string[] {
  const { result } = JSON.parse(text) as {
    result: readonly {
      url: string
      functions: readonly { functionName: string; ranges: readonly { count: number }[] }[]
    }[]
  }
  return result
    .filter(({ url }) => url.endsWith('/dist/cli.js'))
    .flatMap(({ functions }) => functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
    .map(({ functionName }) => functionName)
}

function withGit(): TestProject {
  const project = testProject({ '@tidemark/source-git': '1' })
  const repository = join(project.folder, 'repository')
  mkdirSync(repository)
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], { cwd: repository })
  git('init', '--quiet')
  git('commit', '--quiet', '--allow-empty', '-m', 'first')
  const source = fileURLToPath(new URL('../../../packages/source-git', import.meta.url))
  symlinkSync(source, join(project.folder, 'node_modules/@tidemark/source-git'))
  project.config({ sources: { git: { config: { repositories: ['repository'] } } } })
  return project
}

const DRIVER = /^pg(?:-|$)/

describe('the first rows come soon because little is loaded before them:', () => {
  it('a sync of git into SQLite loads no other database and two files of its own', async () => {
    const project = withGit()
    const { files, begun } = await loadedBy(project, ['sync'])
    expect(begun.filter((one) => DRIVER.test(one))).toEqual([])
    expect(files.filter((one) => /duckdb|node_modules\/pg|mysql|kysely|source-files/.test(one))).toEqual([])
    const own = files.filter((one) => /apps\/runner\//.test(one)).map((one) => one.slice(one.lastIndexOf('/') + 1))
    expect(own).toEqual(['main.js', 'cli.js'])
    // The source, with its own core and zod.
    const others = files.filter((one) => !/\/zod\/|apps\/runner\//.test(one))
    expect(others.length).toBeLessThanOrEqual(6)
    const rows = await project.run(['query', '--json', 'select count(*) as n from git_commits'])
    expect(JSON.parse(rows.stdout).rows).toEqual([{ n: 1 }])
  })

  it('the help loads no source', async () => {
    const { files, begun } = await loadedBy(withGit(), ['--help'])
    expect(begun.filter((one) => DRIVER.test(one))).toEqual([])
    expect(files.map((one) => one.slice(one.lastIndexOf('/') + 1))).toEqual(['main.js', 'cli.js'])
  })

  it('and this would notice: a Postgres url does set the driver going', async () => {
    const { begun } = await loadedBy(testProject(), ['sync'], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })
    expect(begun.filter((one) => one === 'pg').length).toBeGreaterThan(0)
  })
})
