import { type Attempt, Withdrawn } from '../dialect.ts'
import { refuses } from './errors.ts'
import type { Reserved } from './sessions.ts'

/** Does work that the server may refuse, and undoes it then. */
export async function attempt<T>(
  { client }: Pick<Reserved, 'client'>,
  work: () => Promise<T>,
  mayBe: (error: unknown) => boolean = refuses,
): Promise<Attempt<T>> {
  await client.query('savepoint attempt')
  try {
    const value = await work()
    await client.query('release attempt')
    return { ok: true, value }
  } catch (error) {
    if (!(error instanceof Withdrawn) && !mayBe(error)) throw error
    await client.query('rollback to attempt; release attempt')
    return { ok: false, error }
  }
}
