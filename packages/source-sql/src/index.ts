import { register } from '@tidemark/core'
import { sql } from './source.ts'
import { tablesOf } from './tables.ts'

export default register(sql.with(tablesOf))
