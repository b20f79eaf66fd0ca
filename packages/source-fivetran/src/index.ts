import { register } from '@tidemark/core'
import { connectorFeed, fivetran } from './source.ts'

export default register(fivetran.with([connectorFeed]))
