import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commits, FAR, Reading } from './reading.ts'
import { emptyFolder } from './sandbox.ts'

const COMMITS = 100_000
const MB = 1024 * 1024

/** A repository whose messages are small, and then are not. */
async function wordy(): Promise<string> {
  const folder = emptyFolder()
  execFileSync('git', ['init', '-q', '--bare', folder])
  const git = spawn('git', ['-C', folder, '-c', 'core.compression=0', 'fast-import', '--quiet', '--depth=0'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  for (let n = 0; n < 260; n++) {
    const message = n < 200 ? 'small' : `subject\n\n${'é'.repeat(MB / 2)}`
    const commit = `commit refs/heads/main\ncommitter C <c@example.com> ${1_500_000_000 + n} +0100\ndata ${Buffer.byteLength(message)}\n${message}\n\n`
    if (!git.stdin.write(commit)) await once(git.stdin, 'drain')
  }
  git.stdin.end()
  const [code] = await once(git, 'close')
  expect(code).toBe(0)
  return folder
}

/** A repository with a file changed in every commit, as fast as git can make it. */
async function large(): Promise<string> {
  const folder = emptyFolder()
  execFileSync('git', ['init', '-q', '--bare', folder])
  const git = spawn('git', ['-C', folder, '-c', 'core.compression=0', 'fast-import', '--quiet', '--depth=0'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  git.stdin.write('blob\nmark :1\ndata 2\na\nblob\nmark :2\ndata 2\nb\n')
  for (let n = 0; n < COMMITS; n += 1000) {
    const commits = Array.from({ length: 1000 }, (_, nth) => {
      const date = 1_500_000_000 + (n + nth) * 600
      return `commit refs/heads/main\ncommitter C <c@example.com> ${date} +0100\ndata 100\n${'a line of text\n\n'.repeat(6)}1234\nM 100644 :${1 + (nth % 2)} file\n\n`
    })
    if (!git.stdin.write(commits.join(''))) await once(git.stdin, 'drain')
  }
  git.stdin.end()
  const [code] = await once(git, 'close')
  expect(code).toBe(0)
  return folder
}

it('gives commits with messages of a megabyte in pages of few', async () => {
  const { asked } = await Reading.open(await wordy())
  let rows = 0
  let longest = 0
  for await (const page of commits.read({ ...asked, to: FAR })) {
    rows += page.length
    longest = Math.max(
      longest,
      page.reduce((sum, row) => sum + String(row['body']).length, 0),
    )
  }
  expect(rows).toBe(260)
  expect(longest).toBeLessThan(5 * MB)
})

describe('a repository of 100,000 commits', () => {
  it('takes no more memory than a small one', async () => {
    const folder = await large()
    const reader = fileURLToPath(new URL('./reader.ts', import.meta.url))
    const output = execFileSync(process.execPath, [
      '--max-old-space-size=32',
      '--max-semi-space-size=8',
      reader,
      folder,
    ])
    const report = JSON.parse(output.toString()) as Record<string, number>
    if (process.env['SHOW_FIGURES'] !== undefined) console.log(report)
    expect(report).toMatchObject({ commits: COMMITS, commitFiles: COMMITS, largest: 1000 })
    expect(report['peak']).toBeLessThan(48 * MB)
  })
})
