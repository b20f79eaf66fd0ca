import { register } from '@tidemark/core'
import { rest, tablesOf } from './source.ts'

export default register(rest.with(tablesOf))
