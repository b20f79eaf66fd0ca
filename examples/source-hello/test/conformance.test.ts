import { testSource } from '@tidemark/testkit'
import hello from '../src/index.ts'

const reason = 'the moons are constants in the code: nobody adds, edits or removes one'

testSource(hello, { waive: { updates: reason, edits: reason, deletions: reason } })
