import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { testProject } from './test-project.ts'

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const isRoot = process.getuid?.() === 0

// What follows was run as the service's user: https://nodejs.org/api/module.html#module-compile-cache
describe("code that another user put among Node's compiled code", () => {
  it('is not run from the temporary folder', async () => {
    const { project, poison, owned } = attacked()
    const shared = join(project.folder, 'tmp')
    poison(join(shared, 'node-compile-cache'))
    const { code, stdout } = await project.run(['--version'], {
      TMPDIR: shared,
      XDG_CACHE_HOME: join(project.folder, 'mine'),
    })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0.1.0\n' })
    expect(existsSync(owned)).toBe(false)
  })

  it.each<[string, (project: string, prepared: string) => string]>([
    [
      'a link to it in the place of the own folder',
      (project, prepared) => {
        mkdirSync(join(project, 'cache/tidemark'), { recursive: true, mode: 0o700 })
        symlinkSync(prepared, join(project, 'cache/tidemark/compiled'))
        return join(project, 'cache')
      },
    ],
    [
      'an own folder that everyone may write',
      (project, prepared) => {
        cpSync(prepared, join(project, 'cache/tidemark/compiled'), { recursive: true })
        chmodSync(join(project, 'cache/tidemark'), 0o700)
        chmodSync(join(project, 'cache/tidemark/compiled'), 0o777)
        return join(project, 'cache')
      },
    ],
    [
      'an own folder in one that everyone may write',
      (project, prepared) => {
        cpSync(prepared, join(project, 'cache/tidemark/compiled'), { recursive: true })
        chmodSync(join(project, 'cache/tidemark'), 0o700)
        chmodSync(join(project, 'cache/tidemark/compiled'), 0o700)
        chmodSync(join(project, 'cache'), 0o777)
        return join(project, 'cache')
      },
    ],
    ...(isRoot
      ? [
          [
            'a folder of that name that belongs to another user',
            (project: string, prepared: string) => {
              cpSync(prepared, join(project, 'cache/tidemark/compiled'), { recursive: true })
              chmodSync(join(project, 'cache'), 0o1777)
              for (const one of ['cache/tidemark', 'cache/tidemark/compiled']) {
                chmodSync(join(project, one), 0o700)
                chownSync(join(project, one), 65_534, 65_534)
              }
              return join(project, 'cache')
            },
          ] as [string, (project: string, prepared: string) => string],
        ]
      : []),
  ])('is not run through %s', async (_, prepare) => {
    const { project, poison, owned } = attacked()
    const prepared = join(project.folder, 'prepared')
    poison(prepared)
    const XDG_CACHE_HOME = prepare(project.folder, prepared)
    const { code } = await project.run(['--version'], { XDG_CACHE_HOME })
    expect(code).toBe(0)
    expect(existsSync(owned)).toBe(false)
  })

  it('is run where the attack is right, so that what stands above says something', async () => {
    const { project, poison, owned } = attacked()
    poison(join(project.folder, 'chosen'))
    await project.run(['--version'], { NODE_COMPILE_CACHE: join(project.folder, 'chosen') })
    expect(existsSync(owned)).toBe(true)
  })
})

it('compiled code is kept for this user alone, whatever the umask', async () => {
  const project = testProject()
  const shared = join(project.folder, 'tmp')
  mkdirSync(shared)
  const cache = join(project.folder, 'cache')
  mkdirSync(cache, { mode: 0o700 })
  const before = process.umask(0)
  try {
    expect((await project.run(['--version'], { TMPDIR: shared, XDG_CACHE_HOME: cache })).code).toBe(0)
  } finally {
    process.umask(before)
  }
  const kept = readdirSync(join(cache, 'tidemark/compiled'), { recursive: true })
  expect(kept.length).toBeGreaterThan(1)
  for (const one of ['tidemark', 'tidemark/compiled']) expect(statSync(join(cache, one)).mode & 0o777).toBe(0o700)
  expect(readdirSync(shared)).toEqual([])
})

it.runIf(isRoot)('a project that another user put above, into a folder that all may write, is not run', async () => {
  const project = testProject()
  const owned = join(project.folder, 'owned')
  project.config(
    `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(owned)}, '')\nexport default {}`,
  )
  chownSync(join(project.folder, 'package.json'), 65_534, 65_534)
  chmodSync(project.folder, 0o1777)
  const { code, stderr } = await project.run(['status'])
  expect(stderr).toMatch(/package\.json belongs to another user, in a folder that every user may write/)
  expect(code).toBe(2)
  expect(existsSync(owned)).toBe(false)
  chmodSync(project.folder, 0o755)
  expect((await project.run(['status'])).code).toBe(0)
})

it('where no folder is this user’s alone, it works without', async () => {
  const project = testProject()
  for (const XDG_CACHE_HOME of ['/nonexistent/cache', '/proc/1']) {
    expect((await project.run(['--version'], { XDG_CACHE_HOME })).stdout).toBe('0.1.0\n')
  }
})

/** A user who knows where Node looks for the compiled code of the command, and puts other code there. */
function attacked() {
  const project = testProject()
  const home = mkdtempSync(join(tmpdir(), 'tidemark-attacker-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const owned = join(home, 'owned')
  return {
    project,
    owned,
    poison(folder: string): void {
      const text = readFileSync(cli, 'utf8')
      // V8 compares the length of the text, Node its own sums, which stand in the entry.
      const begin = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(owned)}, ''); /*`
      const evil = `${begin}${'x'.repeat(text.length - begin.length - 2)}*/`
      const [tag, , right] = entryOf(join(home, 'right'), cli, ['--version'])
      writeFileSync(join(home, 'package.json'), '{"type":"module"}')
      writeFileSync(join(home, 'evil.js'), evil)
      const [, , wrong] = entryOf(join(home, 'wrong'), join(home, 'evil.js'), [])
      rmSync(owned)
      right.subarray(4, 8).copy(wrong, 4)
      right.subarray(12, 16).copy(wrong, 12)
      mkdirSync(join(folder, tag), { recursive: true })
      writeFileSync(join(folder, tag, entryOf(join(home, 'right'), cli, ['--version'])[1]), wrong)
    },
  }
}

/** What Node keeps of a program: the folder of this Node's version, the file, and what is in it. */
function entryOf(cache: string, program: string, words: readonly string[]): [tag: string, file: string, entry: Buffer] {
  execFileSync(process.execPath, [program, ...words], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: cache },
    stdio: 'ignore',
  })
  const [tag] = readdirSync(cache)
  const entries = readdirSync(join(cache, tag!)).map((file) => [file, readFileSync(join(cache, tag!, file))] as const)
  const size = readFileSync(program).length
  const [file, entry] = entries.find(([, one]) => one.readUInt32LE(4) === size)!
  return [tag!, file, entry]
}
