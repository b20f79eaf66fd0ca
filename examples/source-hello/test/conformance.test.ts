import { testSource } from '@tidemark/testkit'
import hello from '../src/index.ts'

const reason = 'the moons stand in the code: nobody adds, edits or removes one'

testSource(hello, { waive: { updates: reason, edits: reason, deletions: reason } })
