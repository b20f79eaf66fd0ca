import type pg from 'pg'
import type { Sessions } from '../sessions.ts'
import { dropPublications, namesOf, publishedIn } from './publication.ts'
import { dropSlot, slotState } from './slot.ts'

/** Removes what a feed made by itself, where somebody else has made it by now. */
export async function removeOwn(sessions: Sessions, id: string, signal: AbortSignal): Promise<void> {
  const names = namesOf(id)
  const has = async (client: pg.Client): Promise<boolean> =>
    (await slotState(client, names.slot)) !== undefined || (await publishedIn(client, names)) !== undefined
  if (!(await sessions.inTransaction(signal, has))) return
  await sessions.administering(signal, async (client) => {
    await dropSlot(client, names.slot, sessions.label)
    await dropPublications(client, names)
  })
}
