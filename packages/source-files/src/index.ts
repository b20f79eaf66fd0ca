import { register } from '@tidemark/core'
import { files, tablesOf } from './source.ts'

export default register(files.with(tablesOf))
