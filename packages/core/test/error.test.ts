import { describe, expect, it } from 'vitest'
import { messageOf, SyncError } from '../src/contract/error.ts'

describe('SyncError', () => {
  it('says what to do, how long to wait, and keeps its cause', () => {
    const cause = new Error('socket hang up')
    const error = new SyncError('the API did not answer', 'retry', { retryAfterMs: 5000, code: 'timeout', cause })
    expect(error).toMatchObject({ name: 'SyncError', remedy: 'retry', retryAfterMs: 5000, code: 'timeout', cause })
    expect(error).toBeInstanceOf(Error)
    expect(error.stack).toContain('error.test.ts')
    expect('cause' in new SyncError('no cause', 'fix-config')).toBe(false)
  })

  it('is told apart from everything else that can be thrown', () => {
    expect(SyncError.is(new SyncError('x', 'retry'))).toBe(true)
    for (const other of [new Error('x'), { remedy: 'retry' }, 'x', 7, null, undefined, Object.create(null), () => {}]) {
      expect(SyncError.is(other)).toBe(false)
    }
  })

  it('shows no mark of its own where it is printed as data', () => {
    expect(Object.keys(new SyncError('x', 'retry')).toSorted()).toEqual([
      'attempts',
      'code',
      'name',
      'remedy',
      'retryAfterMs',
    ])
  })
})

describe('messageOf', () => {
  it.each([
    [new Error('broken'), 'broken'],
    [new SyncError('broken', 'retry'), 'broken'],
    [{ message: 'from another realm' }, 'from another realm'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [Symbol('odd'), 'Symbol(odd)'],
    [{ message: 5 }, '[object Object]'],
    [Object.create(null), 'a value without a message was thrown'],
    [
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('hostile')
          },
        },
      ),
      'a value without a message was thrown',
    ],
  ])('finds a text in whatever was thrown', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message)
  })
})
