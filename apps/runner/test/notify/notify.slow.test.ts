import { createHmac } from 'node:crypto'
import { chmodSync, existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { startPostgres } from '@tidemark/postgres-server'
import { SMTPServer } from 'smtp-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Notice, NoticeMessage } from '../../src/notify/notice-message.ts'
import { reference } from '../test-project.ts'
import { shop } from './moody-source.ts'
import { receiver } from './receiver.ts'

const until = (isSo: () => boolean): Promise<void> => expect.poll(isSo).toBe(true)

describe('a sync that ends', () => {
  it('tells a webhook once what fails, with the cause and the fix, and that it is over', async () => {
    const { url, told, received } = await receiver()
    const secret = `whsec_${Buffer.from('a key of the team').toString('base64')}`
    const { project, mood } = shop({ channels: { oncall: { type: 'webhook', url, secret } } })
    expect((await project.run(['sync'])).code).toBe(0)
    expect(told()).toEqual(['history-complete shop_customers', 'history-complete shop_orders'])
    mood({ fails: ['orders'] })
    for (const _ of [1, 2]) expect((await project.run(['sync'])).code).toBe(3)
    expect(told().slice(2)).toEqual(['failing shop_orders'])
    const { headers, body, message } = received[1]!
    expect(message).toMatchObject({
      version: 1,
      title: '1 table failing',
      destination: expect.stringContaining('tidemark.db'),
      notices: [
        {
          event: 'failing',
          table: 'shop_orders',
          source: 'shop',
          repeat: 0,
          reason: 'it is broken',
          error_code: 'broken',
          fix: { what: 'correct the config', command: 'npx tidemark sync shop_orders' },
          text: expect.stringMatching(
            /^table shop_orders is failing since \S+Z: it is broken. Fix: correct the config; then: npx tidemark sync shop_orders$/,
          ),
        },
      ],
    })
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    const signature = createHmac('sha256', 'a key of the team').update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${signature}`)
    expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60)
    mood({})
    for (const _ of [1, 2]) expect((await project.run(['sync'])).code).toBe(0)
    expect(told().slice(3)).toEqual(['recovered shop_orders'])
    expect(received[2]?.message.notices[0]).toMatchObject({ recovered_from: 'failing', fix: null })
  })

  it('tells of a source that is down, of rejected rows, of a new column, and of deletions that are held back', async () => {
    const { url, told, received } = await receiver()
    const { project, mood } = shop({ channels: { oncall: { type: 'webhook', url } } })
    await project.run(['sync'])
    received.length = 0
    mood({ down: true })
    expect((await project.run(['sync'])).code).not.toBe(0)
    expect(told()).toEqual(['failing shop'])
    expect(received[0]?.message).toMatchObject({ title: '1 source failing', notices: [{ table: null }] })
    mood({ column: true })
    await project.run(['sync'])
    expect(told().slice(1)).toEqual(['schema-changed shop_customers', 'schema-changed shop_orders', 'recovered shop'])
    expect(received[1]?.message.notices[0]?.text).toContain('column "note" added')
    mood({ column: true, rejects: true })
    await project.run(['sync'])
    expect(told().slice(4)).toEqual(['rejected-rows shop_customers', 'rejected-rows shop_orders'])
    mood({ column: true, few: true })
    await project.run(['sync'])
    expect(told().slice(6)).toEqual(['deletions-held shop_orders'])
    expect(received[3]?.message.notices[0]?.fix?.command).toBe('npx tidemark sync shop_orders --accept-deletions')
  })

  it('tells of what is stale and paused, to whom it concerns', async () => {
    const [all, few] = [await receiver(), await receiver()]
    const { project } = shop(
      {
        channels: {
          all: { type: 'webhook', url: all.url },
          few: { type: 'webhook', url: few.url, events: ['paused'] },
        },
      },
      { freshWithin: '1s', sources: { shop: {} } },
    )
    await project.run(['sync'])
    all.received.length = 0
    await wait(1500)
    const { code, stdout } = await project.run(['notify'])
    expect([code, stdout]).toEqual([0, 'all (webhook): 2 notices delivered\nfew (webhook): nothing is due\n'])
    expect(all.told()).toEqual(['stale shop_customers', 'stale shop_orders'])
    const database = new DatabaseSync(join(project.folder, 'data/tidemark.db'))
    database.exec('drop table shop_orders')
    database.close()
    expect((await project.run(['sync'])).code).toBe(6)
    expect(few.told()).toEqual(['paused shop_orders'])
    const [{ reason, fix }] = few.received[0]!.message.notices as [Notice]
    expect([reason, fix?.command]).toEqual([
      expect.stringContaining('missing'),
      'npx tidemark resync shop_orders --full',
    ])
  })

  it('is not failed by a channel that does not work, says so without the address, and tells later', async () => {
    const { url, told, answer } = await receiver()
    const { project, pass } = shop({ channels: { oncall: { type: 'webhook', url } } })
    answer(503)
    const first = await project.run(['sync'])
    expect(first.code).toBe(0)
    expect(first.stderr).toMatch(/notices on \\?"oncall\\?" were not delivered: it answered 503: not now/)
    expect(first.stderr).not.toContain(url)
    answer(200)
    expect((await project.run(['notify'])).stdout).toBe('oncall (webhook): nothing is due\n')
    pass(1)
    expect((await project.run(['notify'])).stdout).toBe('oncall (webhook): 2 notices delivered\n')
    expect(told()).toHaveLength(2)
  })
})

describe('a process that is killed', () => {
  it('while it tells somebody tells nobody twice within the hour, and loses nothing', async () => {
    const { url, received, told, onRequest } = await receiver()
    const { project, mood, pass } = shop({ channels: { oncall: { type: 'webhook', url } } })
    mood({ fails: ['orders'] })
    const running = project.start(['sync'])
    // The message has arrived, and nobody has heard that it did.
    onRequest(async () => {
      running.child.kill('SIGKILL')
      await running.ended
    })
    await running.ended
    await until(() => received.length === 1)
    onRequest(() => {})
    await project.run(['sync'])
    await project.run(['notify'])
    expect(told()).toEqual(['failing shop_orders', 'history-complete shop_customers'])
    pass(1)
    await project.run(['notify'])
    expect(told().slice(2)).toEqual(['failing shop_orders', 'history-complete shop_customers'])
    // Whoever receives it can tell that it is the same.
    const [first, again] = received as [(typeof received)[0], (typeof received)[0]]
    expect(again.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(again.message.notices.map(({ id }) => id)).toEqual(first.message.notices.map(({ id }) => id))
    pass(2)
    await project.run(['notify'])
    expect(received).toHaveLength(2)
  })

  it('before it told somebody leaves that to the next one', async () => {
    // It accepts a connection and reads nothing.
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const { port } = silent.address() as AddressInfo
    const { project, mood, pass } = shop({
      channels: { oncall: { type: 'webhook', url: `http://127.0.0.1:${port}/` } },
    })
    mood({ fails: ['orders'] })
    const running = project.start(['sync'])
    silent.once('connection', (socket) => {
      running.child.kill('SIGKILL')
      socket.destroy()
    })
    await running.ended
    const { url, told } = await receiver()
    project.config({ notify: { channels: { oncall: { type: 'webhook', url } } } })
    await project.run(['notify'])
    expect(told()).toEqual([])
    pass(1)
    await project.run(['notify'])
    expect(told()).toEqual(['failing shop_orders', 'history-complete shop_customers'])
  })
})

describe('a process that keeps running', () => {
  it('tells what fails for longer than configured, once, and what is over', async () => {
    const { url, told } = await receiver()
    const { project, mood } = shop({
      failingFor: '3s',
      channels: { oncall: { type: 'webhook', url, events: ['failing', 'recovered'] } },
    })
    mood({ fails: ['orders'] })
    const began = performance.now()
    const running = project.start(['sync', '--every', '1s'])
    onTestFinished(() => void running.child.kill('SIGKILL'))
    await until(() => told().length > 0)
    expect(performance.now() - began).toBeGreaterThan(3000)
    await wait(2500)
    mood({})
    await until(() => told().length > 1)
    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(143)
    expect(told()).toEqual(['failing shop_orders', 'recovered shop_orders'])
  })

  it('of several workers one tells', async () => {
    const server = await startPostgres()
    onTestFinished(() => server.stop())
    const { url: destination } = await server.newSchema()
    const { url, told } = await receiver()
    const { project, mood } = shop(
      { failingFor: '0s', channels: { oncall: { type: 'webhook', url, events: ['failing', 'recovered'] } } },
      { destination },
    )
    mood({ fails: ['orders'] })
    const workers = [1, 2].map(() => project.start(['work', '--every', '1s']))
    for (const { child } of workers) onTestFinished(() => void child.kill('SIGKILL'))
    await until(() => told().length > 0)
    await wait(4000)
    expect(told()).toEqual(['failing shop_orders'])
    for (const { child } of workers) child.kill('SIGTERM')
    for (const { ended } of workers) expect((await ended).code).toBe(143)
  })
})

describe('channels', () => {
  it('Slack takes text, in which nothing of a source is a link', async () => {
    const { url, received } = await receiver()
    const { project } = shop({ channels: { team: { type: 'slack', url } } })
    await project.run(['sync'])
    const { text } = JSON.parse(received[0]?.body ?? '') as { text: string }
    expect(text).toMatch(
      /^\*Tidemark: 2 tables with a complete history\*\n• table shop_customers: its history is complete \(the same: shop_orders\)\nProject "a-project", /,
    )
  })

  it('a mail server takes plain text, and the password is not shown', async () => {
    const mails: string[] = []
    let auth: unknown
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, done) => {
        auth = [username, password]
        if (password === 'open sesame') done(null, { user: username })
        else done(new Error(`no such password: ${password}`))
      },
      onData(stream, _, done) {
        let text = ''
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
        stream.on('end', () => {
          mails.push(text)
          done()
        })
      },
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)))
    const { port } = server.server.address() as AddressInfo
    const mail = (password: string) => ({
      ...{ type: 'email', from: 'tidemark@example.com', to: ['a@example.com', 'b@example.com'] },
      smtp: `smtp://ops:${password}@127.0.0.1:${port}`,
    })
    const { project } = shop({ channels: { mail: mail('open%20sesame') } })
    await project.run(['sync'])
    expect(auth).toEqual(['ops', 'open sesame'])
    expect(mails[0]).toMatch(/^Subject: Tidemark: 2 tables with a complete history\r$/m)
    expect(mails[0]).toMatch(/^To: a@example.com, b@example.com\r$/m)
    expect(mails[0]).toContain('table shop_customers: its history is complete')
    project.config({ notify: { channels: { mail: mail('closed%20sesame') } } })
    const { code, stdout, stderr } = await project.run(['notify', '--test'])
    expect(code).toBe(3)
    expect(stdout).toContain('mail (email): a test not delivered: ')
    expect(`${stdout}${stderr}`).not.toMatch(/closed.{1,3}sesame/)
  })

  it('a program is given the JSON, and what it says is why it failed', async () => {
    const { project } = shop({ channels: { pager: { type: 'command', command: ['./page.sh', 'now'] } } })
    chmodSync(project.write('page.sh', '#!/bin/sh\ncat > "paged-$1.json"\n'), 0o755)
    await project.run(['sync'])
    const message = JSON.parse(project.read('paged-now.json')) as NoticeMessage
    expect(message.notices.map(({ event }) => event)).toEqual(['history-complete', 'history-complete'])
    project.write('page.sh', '#!/bin/sh\necho no network >&2\nexit 4\n')
    const { code, stdout } = await project.run(['notify', '--test', '--json'])
    expect([code, JSON.parse(stdout)]).toEqual([
      3,
      {
        channels: [
          {
            ...{ channel: 'pager', type: 'command', outcome: 'refused', notices: 0 },
            error: './page.sh ended with 4: no network',
          },
        ],
      },
    ])
  })
})

describe('notify', () => {
  it('--test sends a test to each channel or one, and remembers nothing', async () => {
    const [one, two] = [await receiver(), await receiver()]
    const { project } = shop({
      channels: { one: { type: 'webhook', url: one.url }, two: { type: 'webhook', url: two.url } },
    })
    expect(await project.run(['notify', '--test', 'two'])).toMatchObject({
      code: 0,
      stdout: 'two (webhook): a test delivered\n',
    })
    expect([one.received.length, two.received.length]).toEqual([0, 1])
    expect(two.received[0]?.message).toMatchObject({ title: 'a test of notices', notices: [] })
    expect(existsSync(join(project.folder, 'data'))).toBe(false)
  })

  it.each([
    [{}, ['notify'], /names nobody to notify; add notify: \{ channels: /],
    [{ channels: { a: { type: 'slack', url: 'http://127.0.0.1:1/' } } }, ['notify'], /there is no database yet/],
    [
      { channels: { team: { type: 'slack', url: 'http://127.0.0.1:1/' } } },
      ['notify', '--test', 'teem'],
      /no channel "teem".*did you mean "?team/s,
    ],
    [
      { channels: { a: { type: 'slak', url: 'http://127.0.0.1:1/' } } },
      ['notify'],
      /expected one of "webhook", "slack", "email", "command"; did you mean "slack"/,
    ],
    [
      { channels: { a: { type: 'slack', url: 'hooks.slack.com' } } },
      ['notify'],
      /notify\.channels\.a\.url: "hooks\.slack\.com" is no address; write https/,
    ],
    [
      { channels: { a: { type: 'webhook', url: 'http://127.0.0.1:1/', events: ['fails'] } } },
      ['notify'],
      /events\[0\]: .*"failing"/,
    ],
    [
      { channels: { a: { type: 'webhook', url: reference('HOOK') } } },
      ['notify', '--test'],
      /notify\.channels\.a\.url: the environment variable HOOK is not set/,
    ],
    [{ repeatEvery: '5m' }, ['notify'], /notify\.repeatEvery: "5m" is no length of time of an hour or more/],
  ])('%j refuses %j', async (notify, args, message) => {
    const { project } = shop(notify)
    const { code, stderr } = await project.run(args)
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  })
})
