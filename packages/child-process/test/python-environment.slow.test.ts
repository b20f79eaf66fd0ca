import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPython, pythonEnvironment } from '../src/index.ts'
import { failureOf, fileOf } from './programs.ts'

const signal = new AbortController().signal
const find = (command: string, from = '3.9') =>
  findPython({ command, from, subject: 'tap "x"', setting: 'config.python', signal })

async function made(requirements: readonly string[], cache: string, log: string[] = []) {
  const python = await find('python3')
  return await pythonEnvironment({
    ...{ python, requirements, cache, signal, folder: tmpdir(), subject: 'tap "x"' },
    onLog: (line) => log.push(line),
  })
}

/** The process that installs packages into an environment of this cache. */
function installerIn(cache: string): number | undefined {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  const line = all.find((one) => one.includes(cache) && / pip install /.test(one) && !/^\s*\d+\s+\S*sh /.test(one))
  return line === undefined ? undefined : Number.parseInt(line, 10)
}

describe('a virtual environment', () => {
  it('is made once, has the programs of its packages, and a half-made one does not count', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tidemark-cache-'))
    const log: string[] = []
    const both = await Promise.all([made(['pip'], cache, log), made(['pip'], cache, log)])
    expect(both[0]).toEqual(both[1])
    expect(readdirSync(cache)).toHaveLength(2)
    const count = log.length
    expect(await made(['pip'], cache, log)).toEqual(both[0])
    expect(log).toHaveLength(count)
    expect(
      execFileSync(both[0]!.python, ['-c', 'import pip, sys; print(sys.prefix)'], { encoding: 'utf8' }).trim(),
    ).toBe(both[0]!.folder)

    // Its maker was killed before it was complete; another is made, and this one goes once its maker is surely gone.
    const [name] = readdirSync(cache).filter((one) => one.endsWith('.json'))
    const half = join(cache, `${name!.slice(0, 24)}-00000000-0000-0000-0000-000000000000`)
    renameSync(both[0]!.folder, half)
    rmSync(join(cache, name!))
    const again = await made(['pip'], cache, log)
    expect(again.folder).not.toBe(half)
    expect(existsSync(half)).toBe(true)
    utimesSync(half, new Date(0), new Date(0))
    rmSync(join(cache, name!))
    await made(['pip'], cache, log)
    expect(existsSync(half)).toBe(false)
  })

  it('whose installer is killed in the middle is tried again: nothing is left of it, and the next one is whole', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tidemark-cache-'))
    const failing = made(['setuptools', 'wheel'], cache).then(
      () => undefined,
      (error: unknown) => error,
    )
    for (let installer: number | undefined; installer === undefined; ) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      installer = installerIn(cache)
      if (installer !== undefined) process.kill(installer, 'SIGKILL')
    }
    expect(await failing).toMatchObject({ remedy: 'retry', code: 'process-killed' })
    expect(readdirSync(cache)).toEqual([])
    const { python } = await made(['setuptools', 'wheel'], cache)
    execFileSync(python, ['-c', 'import setuptools, wheel'])
  })

  it('is made again where its Python is gone', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tidemark-cache-'))
    const first = await made(['pip'], cache)
    rmSync(first.python)
    const second = await made(['pip'], cache)
    expect(second.folder).not.toBe(first.folder)
    expect(await made(['pip'], cache)).toEqual(second)
  })

  it('runs the programs of its packages where it is', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tidemark-cache-'))
    const { folder } = await made(['setuptools', 'wheel'], cache)
    expect(existsSync(join(folder, 'bin/wheel'))).toBe(true)
    expect(execFileSync(join(folder, 'bin/wheel'), ['version'], { encoding: 'utf8' })).toContain('wheel')
  })

  it('whose packages do not exist is an error of the config, and leaves nothing behind', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tidemark-cache-'))
    const error = await failureOf(made(['tidemark-no-such-package==7.0.0'], cache))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'packages' })
    expect(String(error)).toContain('tidemark-no-such-package')
    expect(readdirSync(cache)).toEqual([])
  })

  it('whose packages are for another Python says so, and names the setting', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tidemark-cache-'))
    const old = mkdtempSync(join(tmpdir(), 'tidemark-package-'))
    writeFileSync(
      join(old, 'pyproject.toml'),
      '[project]\nname = "old"\nversion = "1"\nrequires-python = ">=3.0,<3.2"\n',
    )
    const error = await failureOf(made([old], cache))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'packages' })
    expect(String(error)).toMatch(/name another Python than 3\.\d+\.\d+ with config\.python, or correct/)
  })
})

describe('a Python', () => {
  it('is found with its version', async () => {
    expect(await find('python3')).toMatchObject({ version: expect.stringMatching(/^3\.\d+\.\d+$/) })
  })

  it('that is missing, too old or another program is an error of the config that names the setting', async () => {
    const missing = await failureOf(find('tidemark-no-python'))
    expect(missing).toMatchObject({ remedy: 'fix-config', code: 'no-python' })
    expect(String(missing)).toContain(
      '"tidemark-no-python" was not found; install Python 3.9 or later, or name one with config.python',
    )
    expect(String(await failureOf(find('python3', '4.0')))).toMatch(/"python3" is 3\.\d+\.\d+; install Python 4\.0/)
    expect(String(await failureOf(find(fileOf('python', '#!/bin/sh\necho hello\n'))))).toContain('is not a Python')
    expect(String(await failureOf(find(fileOf('python', '#!/bin/sh\necho no >&2; exit 3\n'))))).toContain(
      'does not run: no',
    )
  })
})
