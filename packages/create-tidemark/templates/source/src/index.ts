import { register } from '@tidemark/core'
import { acmeSource } from './source.ts'
import { items } from './tables/items.ts'

export default register(acmeSource.with([items]))
