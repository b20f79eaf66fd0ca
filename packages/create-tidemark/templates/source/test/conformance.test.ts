import { testSource } from '@tidemark/testkit'
import acmeSource from '../src/index.ts'
import { System, TOKEN } from './system.ts'

const system = new System()

// Every law that a source must keep. One that is broken says what it means for users, with the smallest example.
testSource(acmeSource, {
  config: ({ url }) => ({ url, token: TOKEN }),
  server: system.answer,
  add: system.add,
  edit: system.edit,
})
