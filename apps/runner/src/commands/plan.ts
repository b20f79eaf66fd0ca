import { EXIT, plan as preview } from '@tidemark/engine'
import { redactDeep } from '../redact-deep.ts'
import { type Call, findUses, openSession, runOptions, withDestination } from '../session.ts'
import { planText } from '../show/plan.ts'
import { sourceExit, sourceLines } from '../show/source.ts'

/** Says what a sync would do; writes nothing. */
export async function plan(call: Call, names: readonly string[]): Promise<number> {
  const { terminal, secrets } = call
  const session = await openSession(call)
  const uses = await findUses(session)
  const planned = await withDestination(session, 'memory', async (destination) =>
    preview({ ...runOptions(session, uses, destination, await destination.state()), select: names }),
  )
  terminal.printJson(redactDeep({ ...planned, unconfigured: uses.unconfigured }, secrets.redact))
  for (const line of sourceLines(planned.sources, session.command)) terminal.say(line)
  terminal.print(secrets.redact(planText(planned)))
  const failing = planned.tables.some((table) => table.sight === 'failed' || table.sight === 'paused')
  return sourceExit(planned.sources) || (failing ? EXIT.someFailed : EXIT.ok)
}
