// The verb as a process of its own: `node verb-child.ts work …`. What it plans are three windows, and reading one says so.
import { createMasker, messageOf } from '@tidemark/core/engine'
import { Command } from 'commander'
import { work } from '../../src/commands/work.ts'
import { exitCodeFor } from '../../src/exit-code.ts'
import { listenForInterrupts } from '../../src/interrupts.ts'
import { createLog } from '../../src/log.ts'
import { openTerminal } from '../../src/terminal.ts'
import type { WorkEngine } from '../../src/work/work-engine.ts'

const engine: WorkEngine = {
  async *plan(source) {
    for (const [table, from] of [
      ['one', 1n],
      ['two', 1n],
      ['two', 0n],
    ] as const)
      yield { source, table, partition: '', from, to: from + 1n, lane: 'backfill' }
  },
  async run({ source, table, from }) {
    console.log(`read ${source} ${table} ${from}`)
    return 'done'
  },
}

const secrets = createMasker()
const terminal = openTerminal({ json: false, environment: process.env, redact: secrets.redact })
const interrupts = listenForInterrupts(terminal.say)
const log = createLog({
  ...{ form: 'pretty', verbose: false, colours: false },
  redact: secrets.redact,
  write: (line) => console.error(line),
})
const root = new Command('tidemark').option('--project <folder>')
root
  .command('work [sources...]')
  .option('--every <length>')
  .option('--concurrency <count>', '', Number)
  .option('--listen <address>')
  .action(
    async (names: string[], asked: { every?: string; concurrency?: number; listen?: string }, command: Command) => {
      const flags = command.optsWithGlobals<{ project?: string }>()
      const call = { ...{ flags, terminal, log, secrets, interrupts }, cwd: process.cwd(), environment: process.env }
      process.exitCode = await work(call, names, asked, async () => engine)
    },
  )
await root.parseAsync().catch((error: unknown) => {
  console.error(messageOf(error))
  process.exitCode = exitCodeFor(error)
})
process.exit()
