import { expect, it } from 'vitest'
import { ShapeGate } from '../src/run/shape-gate.ts'

it('lets a change wait for those who read, and those who would begin wait for it', async () => {
  const gate = new ShapeGate()
  const said: string[] = []
  const first = await gate.enter()
  const second = await gate.enter()
  const changed = gate.change(async () => void said.push('changed'))
  const again = gate.change(async () => void said.push('again'))
  const third = gate.enter().then((leave) => {
    said.push('read')
    leave()
  })
  first()
  first()
  await new Promise((turn) => setImmediate(turn))
  expect(said).toEqual([])
  second()
  await Promise.all([changed, again, third])
  expect(said).toEqual(['changed', 'again', 'read'])
})

it('is open again after a change that failed', async () => {
  const gate = new ShapeGate()
  await expect(gate.change(async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  const leave = await gate.enter()
  leave()
  await gate.change(async () => {})
})
