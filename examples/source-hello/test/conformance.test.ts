import { testSource } from '@tidemark/testkit'
import hello from '../src/index.ts'

testSource(hello, {
  waive: { updates: 'the moons stand in the code: nothing changes while they are read' },
})
