import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Config, catalog, emptyFolder, open, record, schema, state, stream } from './harness.ts'

const AT = { at: { type: 'string', format: 'date-time' } }
const ITEMS = stream('items', AT, { metadata: [{ breadcrumb: [], metadata: { 'valid-replication-keys': ['at'] } }] })
const AHEAD = { state: '{"bookmarks":{"items":1}}' }

/** What a tap tells that writes some lines, and what it fails with. */
async function told(lines: readonly unknown[], own: Config = {}, more: Config = {}) {
  const opened = await open({ config: { catalog: catalog(ITEMS), lines, ...own }, ...more })
  return { ...(await opened.readUntilFailure()), log: opened.log }
}

describe('a tap that', () => {
  it('sends a state before the records is committed as it says', async () => {
    const lines = [state({ bookmarks: { items: 1 } }), schema('items'), record('items', { id: 1 })]
    expect((await told(lines)).told).toEqual([AHEAD, { items: [{ id: 1 }] }, AHEAD])
  })

  it('fails in the middle covers what came before its last state, and nothing after it', async () => {
    const lines = [record('items', { id: 1 }), state({ bookmarks: { items: 1 } }), record('items', { id: 2 })]
    const { told: changes, error } = await told(lines, { code: 3, stderr: 'CRITICAL the API hung up' })
    expect(changes).toEqual([{ items: [{ id: 1 }] }, AHEAD])
    expect(error).toMatchObject({
      remedy: 'retry',
      message: expect.stringMatching(
        /^tap "tap.js" ended with exit code 3; its last lines:\nCRITICAL the API hung up$/,
      ),
    })
  })

  it.each([
    ['Config validation failed: "token" is a required property', 'fix-config'],
    ['psycopg2.OperationalError: FATAL: password authentication failed for user "x"', 'fix-config'],
    ['requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url', 'fix-config'],
    ['ConnectionResetError: [Errno 104] Connection reset by peer', 'retry'],
  ])('says "%s" needs: %s', async (stderr, remedy) => {
    expect((await told([], { code: 1, stderr })).error).toMatchObject({
      remedy,
      message: expect.stringContaining(stderr),
    })
  })

  it('writes a secret of its config shows none, in no log line and no error', async () => {
    const lines = ['the password is not-to-be-seen', record('items', { id: 1 })]
    const { error, log } = await told(
      lines,
      { code: 1, stderr: 'ERROR no access with not-to-be-seen and hidden-too', api_token: 'hidden-too' },
      { secrets: { deep: [{ password: 'not-to-be-seen' }] } },
    )
    const text = `${error} ${JSON.stringify(log)}`
    expect(text).toContain('the password is ***')
    expect(text).toContain('no access with *** and ***')
    expect(text).not.toMatch(/not-to-be-seen|hidden-too/)
  })

  it('writes other lines between its messages loses nothing; Tidemark logs the first and counts them', async () => {
    const noise = Array.from({ length: 20 }, (_, at) => `note ${at}`)
    const lines = [schema('items'), ...noise, record('items', { id: 1 }), '', '{"note": 1}', record('items', { id: 2 })]
    const { told: changes, log } = await told(lines)
    expect(changes).toEqual([{ items: [{ id: 1 }, { id: 2 }] }, { state: '' }])
    expect(log.filter(({ message }) => message.startsWith('note'))).toHaveLength(5)
    expect(log.at(-1)).toEqual({ level: 'warn', message: '21 lines of the tap’s output are not messages of Singer' })
  })

  it('writes many of them is stopped, and the error says what to do', async () => {
    const { error } = await told(['one', 'two', 'three'], { hang: true }, { maxOtherLines: 2 })
    expect(error).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringMatching(
        /more than 2 lines that are not messages of Singer, such as: three; .*maxOtherLines/,
      ),
    })
  })

  it.each([
    ['half a message at its end', { tail: '{"type":"RECORD","stream":"items","record":{"id":2' }],
    ['a message behind a log line', { tail: 'working{"type":"RECORD","stream":"items","record":{"id":2}}' }],
  ])('writes %s is not whole, though its exit code is 0', async (_, own) => {
    const { told: changes, error } = await told([record('items', { id: 1 })], own)
    expect(changes).toEqual([])
    expect(error).toMatchObject({ remedy: 'fix-source', message: expect.stringContaining('that is not JSON') })
  })

  it('writes a line that is too long is stopped', async () => {
    expect((await told([], { huge: 3 }, { maxLineMegabytes: 1 })).error).toMatchObject({
      remedy: 'fix-source',
      message: expect.stringContaining('a line longer than 1'),
    })
  })

  it('hangs is stopped after its silence, and the error names the setting', async () => {
    const { told: changes, error } = await told(
      [record('items', { id: 1 }), state({ bookmarks: { items: 1 } })],
      { hang: true },
      { silenceSeconds: 1 },
    )
    expect(changes).toEqual([{ items: [{ id: 1 }] }, AHEAD])
    expect(error).toMatchObject({
      remedy: 'retry',
      message: expect.stringMatching(/wrote nothing for 1 s.*config\.silenceSeconds/),
    })
  })

  it('takes more memory than it may is stopped, and the error names the setting', async () => {
    const { told: changes, error } = await told(
      [record('items', { id: 1 }), state({ bookmarks: { items: 1 } })],
      { holds: 400 },
      { maxMemoryMegabytes: 300 },
    )
    expect(changes).toEqual([{ items: [{ id: 1 }] }, AHEAD])
    expect(error).toMatchObject({
      remedy: 'fix-config',
      code: 'memory-limit',
      message: expect.stringContaining('config.maxMemoryMegabytes'),
    })
  })

  it('changes the key of a stream is an error that names both and the setting', async () => {
    const { told: changes, error } = await told([
      schema('items'),
      record('items', { id: 1 }),
      schema('items', AT, ['id', 'at']),
    ])
    expect(changes).toEqual([])
    expect(error).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringMatching(
        /with the key id, at, and its table has the key id; set config\.streams\.items\.primaryKey/,
      ),
    })
    const kept = await told(
      [schema('items', AT, ['id', 'at']), record('items', { id: 1 })],
      {},
      { streams: { items: { primaryKey: ['id'] } } },
    )
    expect(kept.told).toEqual([{ items: [{ id: 1 }] }, { state: '' }])
  })

  it('sends a key that its catalog does not have is an error that names it', async () => {
    const keyless = catalog({ ...ITEMS, key_properties: [] })
    const { error } = await told([schema('items')], { catalog: keyless })
    expect(error).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringMatching(/with the key id, and its table has no key; set config.streams.items.primaryKey/),
    })
    const fixed = await told(
      [schema('items'), record('items', { id: 1 })],
      { catalog: keyless },
      { streams: { items: { primaryKey: ['id'] } } },
    )
    expect(fixed.told).toEqual([{ items: [{ id: 1 }] }, { state: '' }])
  })

  it('sends records in files is refused, with the setting to remove', async () => {
    const { error } = await told([{ type: 'BATCH', stream: 'items', manifest: [] }])
    expect(error).toMatchObject({ remedy: 'fix-config', message: expect.stringContaining('remove "batch_config"') })
  })

  it('sends a record of a stream that nobody described is an error', async () => {
    const { error } = await told([record('unheard_of', { id: 1 })])
    expect(error).toMatchObject({ remedy: 'fix-source', message: expect.stringContaining('before its schema') })
  })

  it('discovers no streams has no tables, and a warning says so', async () => {
    const opened = await open({ config: { catalog: catalog() } })
    expect(opened.tables).toEqual([])
    expect(opened.log).toEqual([
      {
        level: 'warn',
        message: 'tap "tap.js" discovered no streams, so there is nothing to read; check its config',
      },
    ])
  })

  it('is read again after a failure begins without the rows that it had not committed', async () => {
    const opened = await open({ config: { catalog: catalog(ITEMS), lines: [record('items', { id: 1 })], code: 1 } })
    for (let run = 0; run < 2; run++) expect((await opened.readUntilFailure()).told).toEqual([])
  })
})

describe('a tap that cannot be run', () => {
  it.each<[string, Config, string, RegExp]>([
    [
      'is not there',
      { command: '/nowhere/tap-shop' },
      'fix-config',
      /tap "tap-shop".*"\/nowhere\/tap-shop" was not found/,
    ],
    [
      'knows no --discover',
      { config: { discover: '', discoverCode: 2, stderr: 'tap: error: unrecognized arguments: --discover' } },
      'fix-config',
      /does not know --discover; set config\.catalogOption to "none"/,
    ],
    ['fails to discover', { config: { discover: '', discoverCode: 2 } }, 'retry', /exit code 2/],
    [
      'discovers no catalog',
      { config: { discover: 'usage: tap' } },
      'fix-config',
      /discovered no catalog.*catalogOption/,
    ],
    [
      'is no package that there is',
      { tap: 'tap-tidemark-no-such-package==7.0.0', command: undefined },
      'fix-config',
      /its packages could not be installed; correct its requirements:[\s\S]*tap-tidemark-no-such-package/,
    ],
    [
      'needs a Python that is not there',
      { tap: 'tap-shop', python: '/nowhere/python', command: undefined },
      'fix-config',
      /"\/nowhere\/python" was not found.*config\.python/,
    ],
  ])('%s says so', async (_, config, remedy, message) => {
    await expect(open(config)).rejects.toMatchObject({ remedy, message: expect.stringMatching(message) })
  })

  it('leaves no file behind', async () => {
    const journal = join(emptyFolder(), 'journal')
    await told([], { journal, code: 1 })
    for (const line of readFileSync(journal, 'utf8').trim().split('\n')) {
      const { args } = JSON.parse(line) as { readonly args: readonly string[] }
      expect(() => readFileSync(args[1]!)).toThrow(/ENOENT/)
    }
  })
})

describe('a config', () => {
  it.each<[Config, RegExp]>([
    [{ command: undefined }, /name the package of a tap/],
    [{ tap: 'tap-shop', command: ['a', 'b'] }, /for a program of your own remove `tap`/],
    [{ streams: { items: { primarykey: ['id'] } } }, /primarykey/],
  ])('%j is refused', async (config, message) => {
    await expect(open(config)).rejects.toThrow(message)
  })
})
