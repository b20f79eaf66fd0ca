import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'

const hello = defineSource({ name: 'hello' })

const moons = hello.table({
  name: 'moons',
  row: z.object({ name: z.string(), planet: z.string() }),
  primaryKey: ['name'],
  async *read() {
    yield [
      { name: 'Phobos', planet: 'Mars' },
      { name: 'Deimos', planet: 'Mars' },
    ]
  },
})

export default register(hello.with([moons]))
