import { testSource } from '@tidemark/testkit'
import acmeSource from '../src/index.ts'
import { System, TOKEN } from './system.ts'

const system = new System()

// Every conformance check (law) of a source. A failed one explains what it means for users, with the smallest example.
testSource(acmeSource, {
  config: ({ url }) => ({ url, token: TOKEN }),
  server: system.answer,
  add: system.add,
  edit: system.edit,
})
