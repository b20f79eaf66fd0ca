import { testAlone } from '@tidemark/testkit'
import bookshop from '../src/index.ts'
import { System, TOKEN } from './system.ts'

const system = new System()

testAlone(bookshop, { config: ({ url }) => ({ url, token: TOKEN }), server: system.answer })
