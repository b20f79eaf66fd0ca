import { FAILPOINTS, failpoint, onFailpoint } from '@tidemark/core/engine'
import { afterEach, describe, expect, it } from 'vitest'
import { readFailpoints, useFailpoints } from '../src/crash-harness.ts'

afterEach(() => onFailpoint(undefined))

describe('failpoints', () => {
  it('do nothing where nobody asked for anything', () => {
    for (const point of FAILPOINTS) expect(failpoint(point)).toBeUndefined()
  })

  it('are read from one line', () => {
    expect(readFailpoints('after-rows:3=kill, before-commit=sleep 20')).toEqual([
      { point: 'after-rows', nth: 3, action: 'kill', ms: undefined },
      { point: 'before-commit', nth: undefined, action: 'sleep', ms: 20 },
    ])
  })

  it.each(['', 'nowhere=kill', 'after-rows', 'after-rows=explode', 'after-rows:x=kill'])(
    'say what is no rule: %j',
    (text) => {
      expect(() => readFailpoints(text)).toThrow(`"${text}" is not a rule; write point[:nth]=`)
    },
  )

  it('act at the time that was asked for, and count', () => {
    const passed = useFailpoints(readFailpoints('after-rows:2=throw'))
    failpoint('after-rows')
    expect(() => failpoint('after-rows')).toThrow('thrown at the failpoint after-rows')
    failpoint('after-rows')
    failpoint('before-batch')
    expect([...passed]).toEqual([
      ['after-rows', 3],
      ['before-batch', 1],
    ])
  })
})
