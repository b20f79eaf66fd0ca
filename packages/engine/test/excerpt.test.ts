import { SyncError } from '@tidemark/core'
import { expect, it } from 'vitest'
import { failureOf, redacted } from '../src/failure/failure.ts'

const SECRET = `begin-${'x'.repeat(4900)}-end`
const redact = (text: string): string => text.replaceAll(SECRET, '***')

it('what a source says in an error is bounded, however long it is', () => {
  for (const error of [new SyncError('y'.repeat(1_000_000), 'retry'), new Error('y'.repeat(1_000_000))])
    expect(redacted(failureOf(error), { redact }).message).toHaveLength(10_000)
})

it('a secret that begins before the end of what is shown is hidden, also where the text is cut within it', () => {
  const said = new SyncError(`${'y'.repeat(9_990)}${SECRET}`, 'retry')
  expect(redacted(failureOf(said), { redact }).message).toBe(`${'y'.repeat(9_990)}***`)
})
