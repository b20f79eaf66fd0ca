import { createMasker } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { createLog, type LogForm } from '../src/log.ts'
import { logLines } from './log-lines.ts'
import { pacedSource } from './paced-source.ts'
import { inTerminal } from './pty.ts'
import { testProject } from './test-project.ts'

function lines(form: LogForm, say: (log: ReturnType<typeof createLog>) => void): readonly string[] {
  const written: string[] = []
  const secrets = createMasker()
  secrets.add(['hunter"22'])
  say(createLog({ form, verbose: false, colours: false, redact: secrets.redact, write: (line) => written.push(line) }))
  return written
}

describe('log lines', () => {
  it('are JSON with their fields, or text', () => {
    const say = (log: ReturnType<typeof createLog>): void => {
      log.debug('not said', { event: 'message' })
      log.info('shop_orders is new, 100 %d', { event: 'table-new', table: 'shop_orders', tracking: 'new' })
      log.warn('slow today', {
        event: 'source-message',
        source: 'shop',
        tries: 3,
        at: { page: 2 },
        cause: new Error('no'),
      })
    }
    const [first, second, ...more] = lines('json', say).map((line) => JSON.parse(line))
    expect(more).toEqual([])
    expect(first).toEqual({
      level: 'info',
      event: 'table-new',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      table: 'shop_orders',
      tracking: 'new',
      msg: 'shop_orders is new, 100 %d',
    })
    expect(second).toMatchObject({
      level: 'warn',
      event: 'source-message',
      source: 'shop',
      tries: 3,
      at: { page: 2 },
      cause: 'no',
      msg: 'slow today',
    })
    expect(lines('pretty', say)).toEqual([
      'shop_orders is new, 100 %d',
      'warning: shop: slow today (tries 3, at {"page":2}, cause no)',
    ])
  })

  it.each(['json', 'pretty'] as const)(
    'as %s hold no secret, nothing that a terminal obeys, and stay one line',
    (form) => {
      const evil = '\u001b[2Ja\u009b31m\u202eb'
      const ring: Record<string, unknown> = {}
      ring['ring'] = ring
      const written = lines(form, (log) => {
        log.warn(`told hunter"22 ${evil}`, {
          event: 'source-message',
          [`k${evil}`]: ['hunter"22', { deep: encodeURIComponent('hunter"22') }],
          url: 'http://u:p@ss@h/',
          next: 'x@y',
        })
        log.info('level', { event: 'source-message', level: 'fatal', msg: 'not this', time: 0, big: 10n, ring })
      })
      expect(written).toHaveLength(2)
      for (const line of written) {
        expect(line).not.toMatch(/hunter|22%22|p@ss/)
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
      }
      if (form === 'json') {
        expect(JSON.parse(written[0]!)).toMatchObject({ level: 'warn', next: 'x@y' })
        expect(JSON.parse(written[1]!)).toMatchObject({
          level: 'info',
          msg: 'level',
          level_: 'fatal',
          msg_: 'not this',
          big: 10,
        })
      }
    },
  )

  it('are pretty in a terminal, JSON where there is none, and what --log says', async () => {
    const project = testProject()
    project.install('shop', pacedSource({ orders: 1 }, `log.warn('mind', { step: 1 })`))
    const piped = await project.run(['sync'])
    expect(piped.stderr.trim().split('\n')).toHaveLength(logLines(piped.stderr).length)
    expect(logLines(piped.stderr).filter(({ msg }) => msg === 'mind')).toHaveLength(10)
    expect(logLines(piped.stderr)[0]?.msg).toBe('shop_orders is new, needs history from 2026-01-01T00:00:00Z')
    const asked = await project.run(['resync', 'shop_orders', '--log', 'pretty'])
    expect(asked.stderr).toContain('\nwarning: shop: mind (step 1)\n')
    const terminal = inTerminal(['resync', 'shop_orders'], { cwd: project.folder })
    await terminal.ended
    expect(await terminal.everything()).toContain('warning: shop: mind (step 1)')
    const wrong = await project.run(['sync', '--log', 'xml'])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('json')
  })
})
