import { spawn } from 'node:child_process'
import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { LineProcess, type LogLine } from '../src/index.ts'
import { failureOf, fileOf, isAlive, linesOf, programOf, until } from './programs.ts'

const WRITE = "const fs = require('node:fs'); const say = (line) => fs.writeSync(3, line + '\\n');"

describe('the lines of a program', () => {
  it('come one after the other, however they were cut on the way', async () => {
    const code = `${WRITE} fs.writeSync(3, 'a\\nb'); setTimeout(() => { fs.writeSync(3, 'c\\r\\n'); fs.writeSync(3, 'ä😀') }, 50)`
    expect(await linesOf(programOf(code))).toEqual(['a', 'bc', 'ä😀'])
  })

  it('come from stdout as well, and its input is stdin', async () => {
    await using child = LineProcess.start(
      programOf('process.stdin.pipe(process.stdout)', { lines: 'stdout', input: 'stdin' }),
    )
    const lines = child.lines()
    await child.write('one')
    expect(await lines.next()).toEqual({ done: false, value: ['one'] })
    child.endInput()
    expect((await lines.next()).done).toBe(true)
  })

  it('answer what is written to file descriptor 4', async () => {
    const code = `${WRITE} const byte = Buffer.alloc(64); for (;;) { say('asked'); const n = fs.readSync(4, byte); if (n === 0 || byte.toString('utf8', 0, n) === 'end\\n') break }`
    const stdio = `${WRITE} ${code.slice(WRITE.length).replace('fs.readSync(4, byte)', "(() => { for (;;) try { return fs.readSync(4, byte) } catch (error) { if (error.code !== 'EAGAIN') throw error } })()")}`
    await using child = LineProcess.start(programOf(stdio, { input: 'fd4' }))
    let asked = 0
    for await (const lines of child.lines()) {
      asked += lines.length
      await child.write(asked < 3 ? 'go on' : 'end')
    }
    expect(asked).toBe(3)
  })

  it('are written no faster than they are taken', async () => {
    const code = `${WRITE} const { Writable } = require('node:stream')
      const line = 'x'.repeat(1023) + '\\n'; let count = 0
      const more = () => fs.write(3, line, (error) => { if (error) { if (error.code === 'EAGAIN') return setTimeout(more, 5); process.exit(1) } count++; process.stderr.write(count + '\\n'); if (count < 20000) more() })
      more()`
    const logged: LogLine[] = []
    await using child = LineProcess.start(programOf(code, { onLog: (line) => logged.push(line) }))
    const lines = child.lines()
    await lines.next()
    // Until it writes no more.
    for (let before = -1; before !== logged.length; ) {
      before = logged.length
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    expect(logged.length).toBeGreaterThan(10)
    expect(logged.length).toBeLessThan(5000)
  })

  it('may be as long as the limit, and a longer one is an error that says so', async () => {
    const limits = { lineBytes: 1_000_000 }
    const write = (
      bytes: number,
    ) => `${WRITE} const all = Buffer.alloc(${bytes + 1}, 'x'); all[${bytes}] = 10; let at = 0
      const more = () => { try { while (at < all.length) at += fs.writeSync(3, all, at) } catch (error) { if (error.code === 'EAGAIN') setTimeout(more, 5) } }
      more()`
    expect((await linesOf(programOf(write(1_000_000), { limits })))[0]?.length).toBe(1_000_000)
    const error = await failureOf(linesOf(programOf(write(1_000_001), { limits })))
    expect(error).toMatchObject({ remedy: 'fix-source', code: 'not-lines' })
    expect(String(error)).toContain('program "test" wrote a line longer than 1 MB')
  })

  it('are UTF-8, or an error says so', async () => {
    const error = await failureOf(linesOf(programOf(`${WRITE} fs.writeSync(3, Buffer.from([0x61, 0xff, 0x0a]))`)))
    expect(error).toMatchObject({ remedy: 'fix-source', code: 'not-lines' })
  })
})

describe('what a program writes for people', () => {
  it('becomes log lines, without secrets, and harms no line', async () => {
    const logged: LogLine[] = []
    const code = `${WRITE} console.log('hello'); say('{"a":1}'); console.error('the key is s3cr3t-token')`
    const lines = await linesOf(programOf(code, { onLog: (line) => logged.push(line), secrets: ['s3cr3t-token'] }))
    expect(lines).toEqual(['{"a":1}'])
    await until(() => logged.length === 2)
    expect(logged).toEqual(
      expect.arrayContaining([
        { from: 'stdout', text: 'hello' },
        { from: 'stderr', text: 'the key is ***' },
      ]),
    )
  })

  it('is cut where it has no line ends', async () => {
    const logged: LogLine[] = []
    const code = "process.stdout.write('x'.repeat(3000000), () => process.stdout.write('\\nend\\n'))"
    await linesOf(programOf(code, { onLog: (line) => logged.push(line) }))
    await until(() => logged.length > 1)
    expect(logged.map(({ text }) => text.length < 5000)).toEqual([true, true])
    expect(logged[1]?.text).toBe('end')
  })
})

describe('a program that fails', () => {
  it('is an error with its exit code and its last lines, without secrets', async () => {
    const code = `${WRITE} say('a'); console.error('cannot log in with pa55word!x'); process.exitCode = 3`
    const seen: string[] = []
    await using child = LineProcess.start(programOf(code, { secrets: ['pa55word!x'] }))
    const error = await failureOf(
      (async () => {
        for await (const lines of child.lines()) seen.push(...lines)
      })(),
    )
    expect(seen).toEqual(['a'])
    expect(error).toMatchObject({ remedy: 'retry', code: 'process-failed' })
    expect((error as Error).message).toBe(
      'program "test" ended with exit code 3; its last lines:\ncannot log in with ***',
    )
  })

  it('yields no line that was cut off', async () => {
    const code = `${WRITE} fs.writeSync(3, 'whole\\nhal'); process.kill(process.pid, 'SIGKILL')`
    const seen: string[] = []
    await using child = LineProcess.start(programOf(code))
    const error = await failureOf(
      (async () => {
        for await (const lines of child.lines()) seen.push(...lines)
      })(),
    )
    expect(seen).toEqual(['whole'])
    expect(error).toMatchObject({ remedy: 'retry', code: 'process-killed' })
  })

  it('may be judged by who started it', async () => {
    const options = programOf("console.error('quota'); process.exitCode = 7", {
      judge: ({ code, stderr }) => new SyncError(`code ${code}: ${stderr}`, 'fix-config'),
    })
    expect(await failureOf(linesOf(options))).toMatchObject({ message: 'code 7: quota', remedy: 'fix-config' })
  })

  it('that is not installed, or not in its folder, is an error of the config', async () => {
    const missing = await failureOf(linesOf(programOf('', { command: 'tidemark-no-such-program', args: [] })))
    expect(missing).toMatchObject({ remedy: 'fix-config', code: 'program-not-found' })
    expect(String(missing)).toContain('the program "tidemark-no-such-program" was not found')
    const folder = await failureOf(linesOf(programOf('', { cwd: '/no/such/folder' })))
    expect(folder).toMatchObject({ remedy: 'fix-config' })
    expect(String(folder)).toContain('the folder /no/such/folder does not exist')
    const plain = fileOf('data.bin', '\u0000\u0001')
    expect(await failureOf(linesOf(programOf('', { command: plain, args: [] })))).toBeInstanceOf(Error)
  })
})

describe('a limit', () => {
  it('of silence ends a program that hangs, and not one whose reader is slow', async () => {
    const limits = { silenceMs: 400, graceMs: 200 }
    const settings = { silence: 'config.silenceSeconds' }
    const error = await failureOf(linesOf(programOf('setInterval(() => {}, 1000)', { limits, settings })))
    expect(error).toMatchObject({ remedy: 'retry', code: 'program-silent' })
    expect(String(error)).toContain('raise config.silenceSeconds')

    const code = `${WRITE} say('a'); setTimeout(() => say('b'), 50)`
    await using child = LineProcess.start(programOf(code, { limits: { silenceMs: 2000 } }))
    const seen: string[] = []
    for await (const lines of child.lines()) {
      seen.push(...lines)
      await new Promise((resolve) => setTimeout(resolve, 2600))
    }
    expect(seen.join('')).toBe('ab')
  })

  it('of silence counts log lines as signs of life', async () => {
    const code = `${WRITE} let n = 0; const timer = setInterval(() => { console.error('busy'); if (++n === 8) { say('done'); clearInterval(timer) } }, 300)`
    expect(await linesOf(programOf(code, { limits: { silenceMs: 1500 } }))).toEqual(['done'])
  })

  it.runIf(process.platform === 'linux')('of memory counts what a program started', async () => {
    const hog = 'const all = []; setInterval(() => all.push(Buffer.alloc(20_000_000, 1)), 20)'
    const code = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(hog)}]); setInterval(() => {}, 1000)`
    const options = programOf(code, {
      limits: { memoryBytes: 300_000_000 },
      settings: { memory: 'config.memoryMegabytes' },
    })
    const error = await failureOf(linesOf(options))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'memory-limit' })
    expect(String(error)).toMatch(
      /held \d+(?:\.\d)? MB of memory, more than its limit of 300 MB.*raise config\.memoryMegabytes/,
    )
  })
})

describe('the end', () => {
  it('takes a program that ignores SIGTERM, and what it started', async () => {
    const code = `${WRITE} process.on('SIGTERM', () => {}); const inner = require('node:child_process').spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 1; done']); say(String(inner.pid)); setInterval(() => {}, 1000)`
    const child = LineProcess.start(programOf(code, { limits: { graceMs: 200 } }))
    const first = await child.lines().next()
    const inner = Number(first.value?.[0])
    expect([isAlive(child.pid!), isAlive(inner)]).toEqual([true, true])
    await child.stop()
    await until(() => !isAlive(inner))
    expect(isAlive(child.pid!)).toBe(false)
  })

  it('comes though a program left one behind that holds its output open', async () => {
    const code = `${WRITE} const inner = require('node:child_process').spawn('sleep', ['600'], { stdio: ['ignore', 'inherit', 'inherit', 3] }); inner.unref(); say(String(inner.pid)); process.exitCode = 0; setTimeout(() => process.exit(), 50)`
    const [inner] = await linesOf(programOf(code))
    await until(() => !isAlive(Number(inner)))
  })

  it('takes no line that was written before it, however busy this process is', async () => {
    // Work in the middle of what the event loop has to do, and ends of other programs: so it hears of an end before it reads the last lines.
    const noise = spawn('sh', ['-c', 'while true; do echo; sleep 0.005; done'])
    noise.stdout.on('data', () => blockFor(30))
    // Silent for longer than what is left behind is waited for.
    const ends = Array.from({ length: 30 }, (_, nth) => (1.2 + nth / 100).toFixed(2))
    const others = ends.map((seconds) => spawn('sleep', [seconds]))
    try {
      const all = ends.map((seconds) =>
        linesOf({
          ...programOf(''),
          command: 'sh',
          args: ['-c', `sleep ${seconds}; echo ${seconds}`],
          lines: 'stdout',
        }),
      )
      expect(await Promise.all(all)).toEqual(ends.map((seconds) => [seconds]))
    } finally {
      for (const one of [noise, ...others]) one.kill('SIGKILL')
    }
  })

  it('comes though the one that was left behind has a group of its own', async () => {
    const code = `${WRITE} const inner = require('node:child_process').spawn('sleep', ['600'], { detached: true, stdio: ['ignore', 'inherit', 'inherit', 3] }); inner.unref(); say(String(inner.pid)); setTimeout(() => process.exit(), 50)`
    const [inner] = await linesOf(programOf(code))
    process.kill(Number(inner))
  })

  it('comes when the signal aborts, with its reason', async () => {
    const stop = new AbortController()
    const child = LineProcess.start(
      programOf(`${WRITE} say('ready'); setInterval(() => {}, 1000)`, { signal: stop.signal }),
    )
    const lines = child.lines()
    await lines.next()
    stop.abort(new Error('enough'))
    expect(await failureOf(lines.next())).toMatchObject({ message: 'enough' })
    expect(isAlive(child.pid!)).toBe(false)
  })

  it('comes when whoever takes the lines takes no more', async () => {
    await using child = LineProcess.start(programOf(`${WRITE} setInterval(() => say('x'), 5)`))
    for await (const _lines of child.lines()) break
    expect(isAlive(child.pid!)).toBe(false)
  })

  it('comes when this process is killed, and leaves nothing behind', async () => {
    // It ignores all that can be ignored, writes nothing and reads nothing.
    const inner =
      "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); require('node:fs').writeSync(3, process.pid + '\\n'); setInterval(() => {}, 1000)"
    const parent = fileOf(
      'parent.mjs',
      `import { LineProcess } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
       const child = LineProcess.start({ command: process.execPath, args: ['-e', ${JSON.stringify(inner)}], subject: 'x', lines: 'fd3', signal: new AbortController().signal })
       for await (const [id] of child.lines()) { process.stdout.write(id + '\\n'); process.kill(process.pid, 'SIGKILL') }`,
    )
    const seen: string[] = []
    await using outer = LineProcess.start(programOf('', { args: [parent], lines: 'stdout' }))
    const error = await failureOf(
      (async () => {
        for await (const lines of outer.lines()) seen.push(...lines)
      })(),
    )
    expect(error).toMatchObject({ code: 'process-killed' })
    const id = Number(seen[0])
    expect(id).toBeGreaterThan(0)
    await until(() => !isAlive(id))
  })
})

/** Keeps this process from doing anything else. */
function blockFor(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
