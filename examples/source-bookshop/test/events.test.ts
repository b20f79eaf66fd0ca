import { testFeed } from '@tidemark/testkit'
import bookshop from '../src/index.ts'
import { System, TOKEN } from './system.ts'

const system = new System()

testFeed(bookshop, {
  config: ({ url }) => ({ url, token: TOKEN }),
  server: system.answer,
  rows: system.customers,
  add: system.addCustomer,
  edit: system.editCustomer,
  remove: system.removeCustomer,
})
