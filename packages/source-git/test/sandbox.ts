import { execFileSync, type StdioOptions } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'

// Nothing of the machine that runs the tests gets into a repository.
process.env['GIT_CONFIG_GLOBAL'] = '/dev/null'
process.env['GIT_CONFIG_NOSYSTEM'] = '1'
const PEOPLE = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Cy',
  GIT_COMMITTER_EMAIL: 'cy@example.com',
}

const made: string[] = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

export function emptyFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-git-')))
  made.push(folder)
  return folder
}

export interface CommitOptions {
  /** Paths and contents; a number of commits need none. */
  readonly files?: Readonly<Record<string, string | Buffer>>
  readonly message?: string
  /** The committer's date, the author's too. */
  readonly at?: string
}

/** A real repository in a folder of its own. */
export class Sandbox {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  static create(...options: string[]): Sandbox {
    const sandbox = new Sandbox(emptyFolder())
    sandbox.git('init', '-q', '-b', 'main', ...options)
    return sandbox
  }

  git(...args: string[]): string {
    return this.gitWith({}, ...args)
  }

  gitWith(options: { input?: string | Buffer; env?: NodeJS.ProcessEnv }, ...args: string[]): string {
    const stdio: StdioOptions = ['pipe', 'pipe', 'pipe']
    const env = { ...process.env, ...PEOPLE, ...options.env }
    const buffer = execFileSync('git', args, {
      cwd: this.folder,
      env,
      stdio,
      input: options.input ?? '',
      maxBuffer: 1e8,
    })
    return buffer.toString().trim()
  }

  /** @returns the new commit. */
  commit({ files = {}, message = 'a commit', at = '2026-01-01T00:00:00Z' }: CommitOptions = {}): string {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true })
      writeFileSync(join(this.folder, path), content)
    }
    this.git('add', '--all')
    this.at(at, 'commit', '-q', '--allow-empty', '--cleanup=verbatim', '-m', message)
    return this.git('rev-parse', 'HEAD')
  }

  merge(branch: string, at: string): string {
    this.at(at, 'merge', '-q', '--no-ff', '-m', `merge ${branch}`, branch)
    return this.git('rev-parse', 'HEAD')
  }

  /** Runs git as if it were another time. */
  at(date: string, ...args: string[]): string {
    return this.gitWith({ env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date } }, ...args)
  }

  clone(...options: string[]): Sandbox {
    const folder = join(emptyFolder(), 'clone')
    this.git('clone', '-q', ...options, `file://${this.folder}`, folder)
    return new Sandbox(folder)
  }
}
