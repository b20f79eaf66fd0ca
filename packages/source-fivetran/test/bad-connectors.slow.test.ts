import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { connectorOf, Runner } from './runner.ts'

const CONNECTOR = '\nconnector = Connector(update=update)\n'

/** How a run fails. */
async function failureOf(connector: string, more: object = {}, runner = new Runner()): Promise<SyncError> {
  const error = await runner.sync(connector, more).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!SyncError.is(error)) throw new Error(`not a SyncError: ${String(error)}`)
  return error
}

/** How an update fails behind its first checkpoint, and what is committed by then. */
async function failing(update: string, more: object = {}) {
  const runner = new Runner()
  const code = `def update(configuration, state):\n    op.upsert("t", {"n": 1})\n    op.checkpoint({"n": 1})\n    op.upsert("t", {"n": 2})\n${update}\n${CONNECTOR}`
  const { remedy, code: word, message } = await failureOf(connectorOf(code), more, runner)
  // What was committed stays; what came after the last checkpoint is not taken for whole.
  expect(runner.rows('t')).toEqual([{ n: 1 }])
  expect(runner.offset).toEqual({ state: { n: 1 } })
  return { remedy, word, message }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch {
    return false
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('a connector that', () => {
  it('prints harms nothing, whatever it prints', async () => {
    const runner = new Runner()
    await runner.sync(
      connectorOf(`
import os, sys
def update(configuration, state):
    for n in range(2000):
        print('["upsert","t",{"n":-1}]')
        os.write(1, b"\\xff\\xfe half a line")
        sys.stderr.write("noise\\n")
        op.upsert("t", {"n": n})
    op.checkpoint({})
${CONNECTOR}`),
    )
    expect(runner.rows('t')).toHaveLength(2000)
  })

  it('raises an error fails with its place, and without its secrets', async () => {
    const { remedy, word, message } = await failing(
      '    raise ValueError("cannot log in with " + configuration["password"])',
      { configuration: { password: 'hunter2hunter2' } },
    )
    expect([remedy, word]).toEqual(['retry', 'connector-failed'])
    expect(message).toMatch(
      /^connector ".*": update\(\) failed \(connector\.py:9\): ValueError: cannot log in with \*\*\*$/,
    )
  })

  it.each([
    ['by itself', 'raise answered', 'unauthorized'],
    ['as the cause of another', 'raise KeyError("token") from answered', 'unauthorized'],
    [
      'in words of its own',
      'try: raise answered\n    except Exception: raise RuntimeError("no answer")',
      'unauthorized',
    ],
    [
      'and fails for the network then',
      'try: raise answered\n    except Exception: raise ConnectionError("gone")',
      'connector-failed',
    ],
    [
      'and says that it is another failure',
      'try: raise answered\n    except Exception: raise RuntimeError("other") from None',
      'connector-failed',
    ],
  ])('is not let in by its system, %s', async (_, raise, word) => {
    const answered = `    answered = Exception("401 Client Error")\n    answered.response = type("Response", (), {"status_code": 401})()\n`
    expect(await failing(`${answered}    ${raise}`)).toMatchObject({
      word,
      remedy: word === 'unauthorized' ? 'fix-config' : 'retry',
    })
  })

  it('has a mistake in its code is to be corrected', async () => {
    expect(await failing('    undefined_name()')).toMatchObject({ remedy: 'fix-source', word: 'connector-failed' })
    const syntax = await failureOf(connectorOf('def update(:\n'))
    expect(syntax).toMatchObject({ remedy: 'fix-source', code: 'connector-failed' })
    expect(syntax.message).toContain('SyntaxError')
    const none = await failureOf(connectorOf('x = 1\n'))
    expect(none).toMatchObject({ remedy: 'fix-source' })
    expect(none.message).toContain('connector.py makes no Connector(update=update)')
  })

  it('needs a package that is not installed says which', async () => {
    const error = await failureOf(connectorOf(`import tidemark_no_such_module\n${CONNECTOR}`))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'packages' })
    expect(error.message).toContain("No module named 'tidemark_no_such_module'")
    expect(error.message).toContain('requirements.txt')
  })

  it('requires a package that cannot be installed says why', async () => {
    const folder = connectorOf(CONNECTOR, { 'requirements.txt': 'tidemark-no-such-package==7.0.0\n' })
    const error = await failureOf(folder)
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'packages' })
    expect(error.message).toContain('tidemark-no-such-package')
  })

  it('calls sys.exit(0) or os._exit(0) in the middle is not taken for one that is done', async () => {
    const exited = await failing('    import sys; sys.exit(0)')
    expect(exited).toMatchObject({ remedy: 'fix-source', word: 'connector-exited' })
    expect(exited.message).toContain('it called sys.exit(); a connector returns from update() when it is done')
    const gone = await failing('    import os, time; time.sleep(1); os._exit(0)')
    expect(gone).toMatchObject({ remedy: 'fix-source', word: 'connector-exited' })
    expect(gone.message).toContain('ended with exit code 0 before update() returned')
  })

  it('dies of a signal is tried again', async () => {
    const killed = await failing('    import os, signal; os.kill(os.getpid(), signal.SIGSEGV)')
    expect(killed).toMatchObject({ remedy: 'retry', word: 'process-failed' })
    expect(killed.message).toContain('SIGSEGV')
  })

  it('hangs is stopped, with the setting to raise', async () => {
    const hung = await failing('    import time; time.sleep(600)', { silenceSeconds: 1.5 })
    expect(hung).toMatchObject({ remedy: 'retry', word: 'program-silent' })
    expect(hung.message).toContain('wrote nothing for 1.5 s, so it was stopped')
    expect(hung.message).toContain('config.silenceSeconds')
  })

  it.runIf(process.platform === 'linux')(
    'takes more memory than it may is stopped, with the setting to raise',
    async () => {
      const leaked = await failing(
        '    import time\n    all = []\n    while True:\n        all.append(b"x" * 10_000_000)\n        time.sleep(0.01)',
        { maxMemoryMegabytes: 200 },
      )
      expect(leaked).toMatchObject({ remedy: 'fix-config', word: 'memory-limit' })
      expect(leaked.message).toContain('config.maxMemoryMegabytes')
    },
  )

  it('writes a row that is too large fails, and the error says so', async () => {
    const large = await failing('    op.upsert("t", {"n": "x" * 3_000_000})', { maxLineMegabytes: 2 })
    expect(large).toMatchObject({ remedy: 'fix-source', word: 'not-lines' })
  })

  it('writes to our file descriptor fails, and the error says so', async () => {
    const error = await failing('    import os, time; time.sleep(1); os.write(3, b"hello\\n"); time.sleep(5)')
    expect(error).toMatchObject({ remedy: 'fix-source', word: 'not-lines' })
    expect(error.message).toContain('file descriptor 3, which belongs to Tidemark')
  })

  it('changes the type of a key fails, and the error says what to declare', async () => {
    const runner = new Runner()
    const folder = connectorOf(`
def schema(configuration):
    return [{"table": "k", "primary_key": ["id"]}]
def update(configuration, state):
    op.upsert("k", {"id": 1})
    op.checkpoint({"n": 1})
    op.upsert("k", {"id": "one"})
    op.checkpoint({"n": 2})
connector = Connector(update=update, schema=schema)
`)
    expect(await failureOf(folder, {}, runner)).toMatchObject({ remedy: 'fix-source', code: 'key-type-changed' })
    expect(runner.rows('k')).toEqual([{ id: 1 }])
  })

  it('starts processes by fork leaves none behind, and their ends are not its end', async () => {
    const runner = new Runner()
    const folder = connectorOf(`
import os, time
def update(configuration, state):
    op.upsert("t", {"n": 1})
    stays = os.fork()
    if stays == 0:
        time.sleep(600)
    ends = os.fork()
    if ends == 0:
        try:
            op.upsert("t", {"n": -1})
        except RuntimeError as error:
            assert "in the process that runs update()" in str(error)
        return
    os.waitpid(ends, 0)
    with open("pid", "w") as file: file.write(str(stays))
    op.upsert("t", {"n": 2})
${CONNECTOR}`)
    await runner.sync(folder)
    expect(runner.rows('t')).toEqual([{ n: 1 }, { n: 2 }])
    const stays = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    await until(() => !isAlive(stays))
  })

  it.each(['fork', 'spawn'])('works with processes of multiprocessing (%s)', async (method) => {
    const runner = new Runner()
    await runner.sync(
      connectorOf(`
import multiprocessing, math
def update(configuration, state):
    with multiprocessing.get_context("${method}").Pool(2) as pool:
        for n in pool.map(math.factorial, [3, 4]):
            op.upsert("t", {"n": n})
${CONNECTOR}`),
    )
    expect(runner.rows('t')).toEqual([{ n: 6 }, { n: 24 }])
  })

  it('has a wrong name, or no connector.py, fails with the path that was looked for', async () => {
    const error = await failureOf('/no/such/folder')
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'no-connector' })
    expect(error.message).toContain('/no/such/folder has no connector.py')
    const broken = connectorOf(CONNECTOR, { 'configuration.json': '{"password": "abcdefgh",}' })
    const configuration = await failureOf(broken)
    expect(configuration.remedy).toBe('fix-config')
    expect(configuration.message).toContain('configuration.json is not a JSON object')
    expect(configuration.message).not.toContain('abcdefgh')
  })

  it('has no Python to run with says how to name one', async () => {
    const error = await failureOf(connectorOf(`def update(configuration, state): pass\n${CONNECTOR}`), {
      python: 'tidemark-no-python',
    })
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'no-python' })
    expect(error.message).toContain('config.python')
  })

  it('raises an error in schema() fails as one in update() does', async () => {
    const error = await failureOf(
      connectorOf(
        'def schema(configuration): return configuration["nothing"]\ndef update(configuration, state): pass\nconnector = Connector(update=update, schema=schema)',
      ),
    )
    expect(error.message).toMatch(/schema\(\) failed \(connector\.py:5\): KeyError: 'nothing'$/)
  })
})

describe('the packages of a connector', () => {
  it('are installed once, without those of Fivetran', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tidemark-cache-'))
    const folder = connectorOf(
      `
import six, sys, fivetran_connector_sdk
from importlib import metadata
def update(configuration, state):
    op.upsert("t", {"six": six.__name__, "module": fivetran_connector_sdk.__file__, "prefix": sys.prefix, "all": [one.metadata["Name"] for one in metadata.distributions()]})
${CONNECTOR}`,
      { 'requirements.txt': '# packages\nfivetran_connector_sdk==99.0\nsix\n' },
    )
    const before = process.env['XDG_CACHE_HOME']
    process.env['XDG_CACHE_HOME'] = cache
    try {
      const runner = new Runner()
      await runner.sync(folder)
      await runner.sync(folder)
      const [row] = runner.rows('t')
      expect(row).toMatchObject({ six: 'six', prefix: expect.stringContaining(cache) })
      expect(row?.['module']).toContain('source-fivetran/python/fivetran_connector_sdk')
      expect(runner.said('info')).toEqual(['installing six'])
      expect(row?.['all']).toContain('six')
      expect(JSON.stringify(row?.['all'])).not.toMatch(/fivetran/i)
    } finally {
      if (before === undefined) delete process.env['XDG_CACHE_HOME']
      else process.env['XDG_CACHE_HOME'] = before
    }
  })
})

describe('a stop', () => {
  it('ends a connector that waits, and nothing of it stays', async () => {
    const folder = connectorOf(`
import os, time
def update(configuration, state):
    with open("pid", "w") as file: file.write(str(os.getpid()))
    op.upsert("t", {"n": 1})
    op.checkpoint({"n": 1})
    time.sleep(600)
${CONNECTOR}`)
    const stop = new AbortController()
    const runner = new Runner()
    const run = runner.sync(folder, {}, stop.signal)
    run.catch(() => {})
    await until(() => runner.commits.length === 1)
    stop.abort(new Error('stopped'))
    await expect(run).rejects.toThrow('stopped')
    const id = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    await until(() => !isAlive(id))
    expect(runner.rows('t')).toEqual([{ n: 1 }])
  })
})
