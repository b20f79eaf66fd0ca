import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { commitFiles, commits, FAR, type Readable, Reading } from './reading.ts'
import { emptyFolder, Sandbox } from './sandbox.ts'

const { PATH } = process.env
afterEach(() => {
  process.env['PATH'] = PATH
})

/** Puts a program called git before the real one; `$GIT` is the real one. */
function instead(script: string): void {
  const folder = emptyFolder()
  const real = execFileSync('which', ['git'], { env: { PATH } }).toString().trim()
  writeFileSync(join(folder, 'git'), `#!/bin/sh\nGIT=${real}\n${script}\n`)
  chmodSync(join(folder, 'git'), 0o755)
  process.env['PATH'] = `${folder}:${PATH}`
}

/** The git processes below this one. */
function children(): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'ppid=,comm=']).toString().split('\n')
  return lines.filter((line) => line.trim().startsWith(`${process.pid} `) && line.includes('git'))
}

function many(count: number): Sandbox {
  const sandbox = Sandbox.create()
  const stream = Array.from(
    { length: count },
    (_, n) =>
      `commit refs/heads/main\ncommitter C <c@x> ${1_600_000_000 + n} +0000\ndata 100\n${'x'.repeat(100)}\nM 100644 inline f${n % 3}\ndata 2\n${n % 10}\n\n`,
  )
  sandbox.gitWith({ input: stream.join('') }, 'fast-import', '--quiet')
  return sandbox
}

const sandbox = many(20_000)
const both: [string, Readable][] = [
  ['commits', commits],
  ['commit_files', commitFiles],
]

describe.each(both)('reading %s', (_name, table) => {
  const read = async () => {
    const reading = await Reading.open(sandbox.folder)
    return { reading, pages: table.read({ ...reading.asked, to: FAR }) }
  }

  it('comes in pages of at most 1,000 rows', async () => {
    const { pages } = await read()
    const sizes: number[] = []
    for await (const page of pages) sizes.push(page.length)
    expect(Math.max(...sizes)).toBe(1000)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20_000)
  })

  it('leaves no process behind when it is given up after a page', async () => {
    const { pages } = await read()
    for await (const _page of pages) break
    expect(children()).toEqual([])
  })

  it('stops soon when it is aborted, with the reason', async () => {
    const { reading, pages } = await read()
    await pages.next()
    const reason = new Error('enough')
    const start = performance.now()
    reading.stop.abort(reason)
    await expect(
      (async () => {
        for await (const _page of pages);
      })(),
    ).rejects.toBe(reason)
    expect(performance.now() - start).toBeLessThan(5000)
    expect(children()).toEqual([])
  })

  it('starts nothing once it is aborted', async () => {
    const { reading, pages } = await read()
    reading.stop.abort()
    await expect(pages.next()).rejects.toThrow('aborted')
  })

  it('waits for whoever takes the pages', async () => {
    const { pages } = await read()
    await pages.next()
    await sleep(300)
    // Git is still there: it waits for its output to be taken.
    expect(children().length).toBeGreaterThan(0)
    await pages.return(undefined)
    expect(children()).toEqual([])
  })

  it.each(['rev-list', 'cat-file', 'diff-tree'])(
    'fails when git %s is killed or fails in the middle',
    async (command) => {
      const other = table === commits ? 'diff-tree' : 'cat-file'
      if (command === other) return
      for (const [end, message] of [
        ['kill -9 $$', 'was killed by SIGKILL'],
        ['echo broken >&2; exit 3', 'exit code 3'],
      ] as const) {
        instead(
          `case "$*" in *no-walk*) exec $GIT "$@";; *${command}*) $GIT "$@" | head -c 100000; ${end};; *) exec $GIT "$@";; esac`,
        )
        const { pages } = await read()
        let rows = 0
        const all = (async () => {
          for await (const page of pages) rows += page.length
        })()
        await expect(all).rejects.toMatchObject({ remedy: 'retry', message: expect.stringContaining(message) })
        expect(rows).toBeLessThan(20_000)
        process.env['PATH'] = PATH
      }
    },
  )

  it('fails when output ends early though git says it ended well', async () => {
    const command = table === commits ? 'cat-file' : 'diff-tree'
    instead(`case "$*" in *${command}*) $GIT "$@" | head -c 100010; exit 0;; *) exec $GIT "$@";; esac`)
    const { pages } = await read()
    await expect(
      (async () => {
        for await (const _page of pages);
      })(),
    ).rejects.toMatchObject({ remedy: 'retry', message: expect.stringContaining('cut off') })
  })
})

describe('a damaged repository', () => {
  it('is a failure, never fewer rows', async () => {
    const damaged = Sandbox.create()
    const shas = [1, 2, 3].map(() => damaged.commit())
    const object = shas[0]!
    damaged.git('update-ref', 'refs/heads/side', shas[1]!)
    execFileSync('rm', ['-f', join(damaged.folder, '.git/objects', object.slice(0, 2), object.slice(2))])
    const reading = await Reading.open(damaged.folder)
    await expect(reading.shas()).rejects.toMatchObject({
      remedy: 'retry',
      message: expect.stringContaining(damaged.folder),
    })
    writeFileSync(join(damaged.folder, '.git/refs/heads/side'), `${'1'.repeat(40)}\n`)
    await expect(reading.revision()).rejects.toMatchObject({ message: expect.stringContaining('git fsck') })
    expect(readFileSync(join(damaged.folder, '.git/refs/heads/side'), 'utf8')).toContain('1111')
  })
})
