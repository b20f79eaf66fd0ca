import { testSource } from '@tidemark/testkit'
import bookshop from '../src/index.ts'
import { System, TOKEN } from './system.ts'

const system = new System()

testSource(bookshop, {
  config: ({ url }) => ({ url, token: TOKEN }),
  server: system.answer,
  add: system.add,
  edit: system.edit,
  remove: system.remove,
})
