import { register } from '@tidemark/core'
import { readTap } from './read.ts'
import { singer, tapFeed } from './singer.ts'
import { tablesOf } from './tables.ts'

export default register(singer.with([tapFeed.of(tablesOf, { read: readTap, opaque: true, watchesSilence: true })]))
