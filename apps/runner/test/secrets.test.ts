import { secret } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createSecrets, secretsIn } from '../src/secrets.ts'

const CANARY = 'c4nary/+"töken" &x'

describe('redaction', () => {
  const secrets = createSecrets()
  secrets.add([CANARY, 'abcd1234', 'abcd1234-longer'])

  it.each([
    ['as it is', CANARY],
    ['URL-encoded', encodeURIComponent(CANARY)],
    ['as a form field', new URLSearchParams({ t: CANARY }).toString().slice(2)],
    ['inside JSON', JSON.stringify(CANARY).slice(1, -1)],
    ['base64', Buffer.from(CANARY).toString('base64')],
    ['base64url', Buffer.from(CANARY).toString('base64url')],
    ['in the base64 of a user and a password', Buffer.from(`me:${CANARY}`).toString('base64')],
    ['in the base64 of another user', Buffer.from(`user:${CANARY}\n`).toString('base64')],
  ])('hides a secret %s', (_, form) => {
    const shown = secrets.redact(`before ${form} after`)
    expect(shown).toContain('***')
    expect(shown).toMatch(/^before .* after$/)
    expect(shown).not.toContain(form)
    // Nothing of the middle is left, in whatever form.
    expect(shown).not.toContain(form.slice(8, -8))
  })

  it('hides the longer of two secrets of which one begins the other', () => {
    expect(secrets.redact('x abcd1234-longer y abcd1234 z')).toBe('x *** y *** z')
  })

  it('hides a password in any URL, known or not', () => {
    expect(secrets.redact('cannot reach postgres://me:hunter22@db:5432/x')).toBe(
      'cannot reach postgres://me:***@db:5432/x',
    )
  })
})

describe('finding secrets', () => {
  it('finds every secret of a schema at any depth', () => {
    const schema = z.object({
      token: secret(),
      optional: secret().optional(),
      byDefault: secret().default('default-secret'),
      list: z.array(z.object({ key: secret() })),
      record: z.record(z.string(), z.object({ key: secret().nullable() })),
      either: z.union([
        z.object({ kind: z.literal('a'), a: secret() }),
        z.object({ kind: z.literal('b'), b: z.string() }),
      ]),
      piped: secret().pipe(z.string().min(3)),
      tuple: z.tuple([z.string(), secret()]),
      plain: z.string(),
    })
    const value = {
      token: 's-one',
      optional: 's-two',
      byDefault: 's-three',
      list: [{ key: 's-four' }],
      record: { x: { key: 's-five' } },
      either: { kind: 'a', a: 's-six' },
      piped: 's-seven',
      tuple: ['x', 's-eight'],
      plain: 'shown',
    }
    const found = secretsIn(schema, value).toSorted()
    expect([...new Set(found)]).toEqual([
      's-eight',
      's-five',
      's-four',
      's-one',
      's-seven',
      's-six',
      's-three',
      's-two',
    ])
  })

  it('finds passwords of URLs wherever they stand, as written and decoded', () => {
    expect(secretsIn(undefined, { a: [{ url: 'mysql://u:p%40ss@h/db' }] })).toEqual(['p%40ss', 'p@ss'])
  })
})
