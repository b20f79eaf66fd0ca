import { EXIT, plan as preview } from '@tidemark/engine'
import type { Command } from 'commander'
import { redactDeep } from '../redact-deep.ts'
import { type Call, findUses, openSession, runOptions, withDestination } from '../session.ts'
import { planText } from '../show/plan.ts'
import { sourceExit, sourceLines } from '../show/source.ts'
import { type AddVerb, examples } from '../verb.ts'

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

export const addPlan: AddVerb = (root, run) => {
  root
    .command('plan')
    .argument('[names...]', 'tables or sources; all where none is named')
    .description('say what a sync would do; writes nothing')
    .addHelpText('after', examples('tidemark plan', 'tidemark plan git_commits --json'))
    .action((names: string[], _, command: Command) => run(command, (call) => plan(call, names)))
}
