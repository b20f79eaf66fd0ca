import { expect, it } from 'vitest'
import { ThriftReader, TooShort } from '../src/thrift.ts'

it.each([7, 13])('a list of more values of type %i than there are bytes ends too early', (type) => {
  const list = [0x19, 0xf0 | type, 255, 255, 255, 255, 255, 255, 255, 127]
  expect(() => new ThriftReader(Buffer.from(list)).struct(() => {})).toThrow(TooShort)
})
