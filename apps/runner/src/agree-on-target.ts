import { exposureOf } from '@tidemark/destination'
import { confirm, isSomebodyThere } from './confirm.ts'
import type { Session } from './session.ts'

/**
 * Before the first tables are created in a database that was not configured for them: asks the user in a terminal, else
 * prints where they go. An application's `.env` names its own database, which is no permission for Tidemark to write there.
 */
export async function agreeOnTarget({ target, terminal, command, log }: Session): Promise<void> {
  for (const problem of exposureOf(target)) log.warn(problem, { event: 'destination-note' })
  if (target.exists || target.origin === 'named') return
  const { shown, schema } = target
  if (target.origin === 'passed-over') {
    terminal.say(
      `No destination is configured, and DATABASE_URL is not a Postgres URL: Tidemark creates its tables in ${shown}. To write elsewhere, set "destination" in tidemark.config.ts.`,
    )
    return
  }
  const what = `DATABASE_URL names ${shown}: Tidemark creates its tables there, in the schema "${schema}"`
  const elsewhere = `to write elsewhere, set destination: 'data/tidemark.db' in tidemark.config.ts, or ${command('sync', [], '--destination', 'data/tidemark.db')}`
  if (isSomebodyThere()) await confirm(`No destination is configured, and ${what} (${elsewhere})`)
  else terminal.say(`No destination is configured. ${what}; ${elsewhere}`)
}
