import { chownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SyncError } from '@tidemark/core'
import { afterEach, describe, expect, it } from 'vitest'
import { Git } from '../src/git.ts'
import source from '../src/index.ts'
import { commits, listener, Reading, refs } from './reading.ts'
import { emptyFolder, Sandbox } from './sandbox.ts'

const { signal } = new AbortController()
const start = process.cwd()
afterEach(() => process.chdir(start))

async function opened(repositories: string[] | undefined, log = listener()): Promise<string[]> {
  return (await new Git({ repositories }).repositories({ signal, log })).map(({ id }) => id)
}
async function refusal(repositories: string[] | undefined): Promise<SyncError> {
  const error = await opened(repositories).catch((thrown: unknown) => thrown)
  expect(SyncError.is(error)).toBe(true)
  return error as SyncError
}

describe('the source', () => {
  it('works without a config', () => {
    expect(source.name).toBe('git')
    expect(source.config?.parse({})).toEqual({})
    expect((source.tables as readonly { name: string }[]).map(({ name }) => name)).toEqual([
      'commits',
      'commit_files',
      'refs',
    ])
  })
})

describe('a repository', () => {
  it('is one partition, from whatever path it is reached', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit({ files: { 'deep/er/a': '1' } })
    sandbox.git('worktree', 'add', '-q', '--detach', join(sandbox.folder, 'linked'))
    const link = join(emptyFolder(), 'link')
    symlinkSync(sandbox.folder, link)
    const paths = ['', 'deep/er', 'linked', '.git'].map((path) => join(sandbox.folder, path))
    expect(await opened([...paths, link])).toEqual([sandbox.folder])
  })

  it('is found from the working directory, written or not', async () => {
    const sandbox = Sandbox.create()
    mkdirSync(join(sandbox.folder, 'sub'))
    process.chdir(join(sandbox.folder, 'sub'))
    expect(await opened(undefined)).toEqual([sandbox.folder])
    expect(await opened(['..'])).toEqual([sandbox.folder])
  })

  it('may be bare', async () => {
    const sandbox = Sandbox.create()
    const sha = sandbox.commit()
    const bare = sandbox.clone('--bare')
    const reading = await Reading.open(bare.folder)
    expect(reading.partition.id).toBe(bare.folder)
    expect(await reading.shas()).toEqual([sha])
  })

  it('may be a submodule, or have its git folder elsewhere', async () => {
    const inner = Sandbox.create()
    const sha = inner.commit({ files: { a: '1' } })
    const outer = Sandbox.create()
    outer.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.folder, 'inner')
    const apart = inner.clone(`--separate-git-dir=${join(emptyFolder(), 'git')}`)
    for (const folder of [join(outer.folder, 'inner'), apart.folder]) {
      const reading = await Reading.open(folder)
      expect(reading.partition.id).toBe(folder)
      expect(await reading.shas()).toEqual([sha])
    }
  })

  it('may have no commits yet', async () => {
    const sandbox = Sandbox.create()
    const reading = await Reading.open(sandbox.folder)
    const { revision } = await reading.revision()
    expect(await reading.rows(commits)).toEqual([])
    expect(await reading.rows(refs)).toEqual([])
    sandbox.commit()
    expect((await reading.revision(revision)).stale).toHaveLength(1)
  })
})

describe('no repository', () => {
  it('fails the source with what to write where, where nobody wrote a path', async () => {
    process.chdir(emptyFolder())
    const { signal } = new AbortController()
    const connected = async (): Promise<unknown> =>
      await source.connect!({} as never, { signal, log: listener() } as never)
    const error = await connected().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'no-repository' })
    expect((error as SyncError).message).toContain(`${process.cwd()} is not in a git repository`)
    expect((error as SyncError).message).toContain('sources: { git: { config: { repositories: ["../shop"] } } }')
    expect((await refusal(undefined)).message).toBe((error as SyncError).message)
  })

  it('is what an empty list asks for', () => {
    expect(source.config!.safeParse({ repositories: [] }).error?.issues[0]).toMatchObject({
      path: ['repositories'],
      message: expect.stringMatching(/^no repository is configured yet: write paths of git repositories here/),
    })
  })

  it('is a config error that names the path, where somebody did', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'file'), '')
    for (const path of [folder, join(folder, 'nowhere'), join(folder, 'file')]) {
      const error = await refusal([path])
      expect(error.remedy).toBe('fix-config')
      expect(error.message).toContain(path)
      expect(error.message).toContain('correct the path in "repositories"')
    }
  })

  it('is a failure that says so, where it vanished during the run', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit()
    const reading = await Reading.open(sandbox.folder)
    renameSync(sandbox.folder, `${sandbox.folder}-moved`)
    await expect(reading.shas()).rejects.toMatchObject({
      remedy: 'fix-config',
      message: expect.stringContaining(sandbox.folder),
    })
    renameSync(`${sandbox.folder}-moved`, sandbox.folder)
  })

  it.runIf(process.getuid?.() === 0)('of one’s own is opened only when git is told to', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit()
    for (const path of ['', '.git']) chownSync(join(sandbox.folder, path), 65_534, 65_534)
    process.chdir(sandbox.folder)
    for (const path of [undefined, [sandbox.folder]]) {
      expect((await refusal(path)).message).toContain(`git config --global --add safe.directory ${sandbox.folder}`)
    }
    Object.assign(process.env, {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: sandbox.folder,
    })
    try {
      expect(await opened([sandbox.folder])).toEqual([sandbox.folder])
    } finally {
      for (const name of ['COUNT', 'KEY_0', 'VALUE_0']) delete process.env[`GIT_CONFIG_${name}`]
    }
  })
})

describe('git', () => {
  it('that is not installed is said clearly', async () => {
    const { PATH } = process.env
    process.env['PATH'] = emptyFolder()
    try {
      expect(await refusal(undefined)).toMatchObject({
        remedy: 'fix-config',
        code: 'no-git',
        message: expect.stringContaining('not installed'),
      })
    } finally {
      process.env['PATH'] = PATH
    }
  })
})
