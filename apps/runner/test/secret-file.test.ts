import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { secretFile } from '../src/secret-file.ts'
import { testProject } from './test-project.ts'

function place() {
  const folder = mkdtempSync(join(tmpdir(), "tidemark it's $HOME "))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'data', 'secrets.json')
  const told: string[] = []
  const open = (signal = new AbortController().signal) =>
    secretFile({ path, onSecret: (secret) => void told.push(secret), signal })
  return { path, folder, told, open }
}

/** Exchanges a secret for the next one, as a server that takes each once would. */
const next = (store: ReturnType<ReturnType<typeof place>['open']>, source = 'shop', name = 'a') =>
  store(source).exchange(name, async (kept = 's0', keep) => {
    await new Promise((done) => setTimeout(done, 5))
    const secret = `s${Number(kept.slice(1)) + 1}`
    await keep(secret)
    return secret
  })

describe('secrets that are kept', () => {
  it('are in a file of the user alone, in a folder that no repository takes in, and told before they are used', async () => {
    const { path, told, open } = place()
    expect(await next(open())).toBe('s1')
    expect(await next(open())).toBe('s2')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(path, '..', '.gitignore'), 'utf8')).toBe('*\n')
    expect(told).toEqual(['s1', 's1', 's2'])
    expect(readdirSync(join(path, '..')).sort()).toEqual(['.gitignore', 'secrets.json'])
  })

  it('whatever the umask is', async () => {
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    const { path, open } = place()
    await next(open())
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('are those of their source and name, of which the last few stay', async () => {
    const { path, open } = place()
    await next(open(), 'shop', 'a')
    await next(open(), 'other', 'a')
    for (let n = 0; n < 20; n++) await next(open(), 'shop', `n${n}`)
    const { sources } = JSON.parse(readFileSync(path, 'utf8')) as { sources: Record<string, object> }
    expect(sources['other']).toEqual({ a: 's1' })
    expect(Object.keys(sources['shop']!)).toHaveLength(8)
  })

  it('are exchanged by one at a time', async () => {
    const { open } = place()
    const all = await Promise.all(Array.from({ length: 10 }, () => next(open())))
    expect(all.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))).toEqual(
      Array.from({ length: 10 }, (_, n) => `s${n + 1}`),
    )
    // Those of other sources do not wait for one that hangs.
    const stop = new AbortController()
    const hanging = open(stop.signal)('slow').exchange(
      'a',
      () => new Promise((_, reject) => stop.signal.addEventListener('abort', () => reject(new Error('stopped')))),
    )
    expect(await next(open(), 'quick')).toBe('s1')
    stop.abort()
    await expect(hanging).rejects.toThrow('stopped')
  })

  it.each<[string, (lock: string) => void]>([
    ['of this machine', (lock) => writeFileSync(lock, JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1 }))],
    [
      'of another machine, a while ago',
      (lock) => {
        writeFileSync(lock, JSON.stringify({ host: 'other', pid: 1 }))
        utimesSync(lock, new Date(Date.now() - 300_000), new Date(Date.now() - 300_000))
      },
    ],
  ])('do not wait for a runner that was killed: %s', async (_, leave) => {
    const { path, open } = place()
    await next(open())
    let lock = ''
    await open()('shop').exchange('a', async () => {
      lock = readdirSync(join(path, '..')).find((name) => name.endsWith('.lock'))!
    })
    leave(join(path, '..', lock))
    expect(await next(open())).toBe('s2')
  })

  it('wait for one that lives, until the run is stopped', async () => {
    const { path, open } = place()
    await next(open())
    let lock = ''
    await open()('shop').exchange('a', async () => {
      lock = readdirSync(join(path, '..')).find((name) => name.endsWith('.lock'))!
    })
    writeFileSync(join(path, '..', lock), JSON.stringify({ host: hostname(), pid: process.pid }))
    const stop = new AbortController()
    const waiting = next(open(stop.signal))
    setTimeout(() => stop.abort(new Error('stopped')), 200)
    await expect(waiting).rejects.toThrow()
    expect(readFileSync(path, 'utf8')).toContain('"s1"')
  })

  it('are not read from a file that others may read, that is a link, or that somebody wrote', async () => {
    const { path, folder, open } = place()
    await next(open())
    chmodSync(path, 0o644)
    await expect(next(open())).rejects.toMatchObject({
      code: 'secrets',
      message: expect.stringContaining('chmod 600 '),
    })
    // Pasted into a shell it helps, wherever the project lies.
    const error: unknown = await next(open()).catch((problem: unknown) => problem)
    execFileSync('sh', ['-c', /chmod 600 .*$/s.exec((error as Error).message)![0]])
    expect(await next(open())).toBe('s2')
    writeFileSync(path, 'not json')
    await expect(next(open())).rejects.toMatchObject({ code: 'secrets', remedy: 'fix-config' })
    rmSync(path)
    symlinkSync(join(folder, 'elsewhere'), path)
    writeFileSync(join(folder, 'elsewhere'), '{"version":1,"sources":{}}', { mode: 0o600 })
    await expect(next(open())).rejects.toMatchObject({ code: 'secrets' })
  })

  it('are used where nothing can be kept, and what cannot be kept is an error of that alone', async () => {
    const { folder, open } = place()
    writeFileSync(join(folder, 'data'), 'a file in the place of the folder')
    expect(await open()('shop').exchange('a', async (kept) => kept ?? 'none')).toBe('none')
    await expect(next(open())).rejects.toMatchObject({
      code: 'secrets',
      message: expect.stringContaining('cannot be stored'),
    })
  })
})

const SOURCE = `
  import { defineSource, register } from '@tidemark/core'
  import { z } from 'zod'
  const api = defineSource({
    name: 'api',
    config: z.object({ url: z.string() }),
    connect: ({ url }, { secrets }) =>
      secrets.exchange('token', async (kept = 'refresh-token-0', keep) => {
        const answer = await fetch(url, { method: 'POST', body: kept })
        const text = await answer.text()
        if (!answer.ok) throw new Error('refused: ' + kept + ' ' + text)
        await keep(text)
        return {}
      }),
  })
  export default register(api.with([
    api.table({ name: 't', row: z.object({ id: z.int() }), primaryKey: ['id'], async *read() { yield [{ id: 1 }] } }),
  ]))`

describe('tidemark', () => {
  it('goes on with what the last run was given, with several at once, and shows it nowhere', async () => {
    let valid = 0
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (piece) => (body += piece))
      request.on('end', () => {
        if (body !== `refresh-token-${valid}`) return response.writeHead(400).end('used before')
        response.end(`refresh-token-${++valid}`)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const project = testProject()
    project.install('api', SOURCE)
    project.config({
      sources: { api: { config: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } } },
    })
    const said: string[] = []
    for (const args of [['sync', '--verbose'], ['check'], ['plan'], ['sync', '--json']]) {
      const { code, stdout, stderr } = await project.run(args)
      expect([args, code, stderr]).toEqual([args, 0, expect.anything()])
      said.push(stdout, stderr)
    }
    const both = await Promise.all([project.run(['check']), project.run(['check']), project.run(['check'])])
    expect(both.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(valid).toBe(7)
    const exported = await project.run(['state', 'export'])
    expect([...said, exported.stdout, exported.stderr].join('\n')).not.toContain('refresh-token')
    expect(readFileSync(join(project.folder, 'data/tidemark.db')).includes('refresh-token')).toBe(false)
    expect(project.read('data/secrets.json')).toContain('refresh-token-7')
    expect(statSync(join(project.folder, 'data/secrets.json')).mode & 0o777).toBe(0o600)
    // What it was given is hidden where a source repeats it.
    valid = 100
    const refused = await project.run(['sync'])
    expect(`${refused.stdout}${refused.stderr}`).toContain('refused: *** used before')
  })
})
