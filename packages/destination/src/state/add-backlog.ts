import type { Kysely } from 'kysely'
import type { StateDatabase } from './state-types.ts'

/** Version 6: what the source of a feed was seen to keep for it. */
export async function addBacklog({ schema }: Kysely<StateDatabase>): Promise<void> {
  await schema.alterTable('_tidemark_feeds').addColumn('backlog', 'text').execute()
}
