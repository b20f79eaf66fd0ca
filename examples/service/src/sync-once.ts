import { openDestination } from '@tidemark/destination'
import { plan, status, sync } from '@tidemark/engine'
import hello from '@tidemark/example-source-hello'

const destination = await openDestination({ url: process.argv[2] ?? 'service.db' })
try {
  const sources = [{ name: 'hello', source: hello }]
  const { tables } = await plan({ sources, destination }) // what a run would do; writes nothing
  for (const table of tables) console.log(`${table.name} is ${table.tracking}, ${table.steps.length} to read`)
  const report = await sync({ sources, destination })
  for (const table of report.tables) console.log(`${table.name} is ${table.status}, ${table.rows.written} rows written`)
  const { synced_tables } = await status({ destination })
  console.log(`complete: ${synced_tables.join(', ')}`)
  process.exitCode = report.exitCode
} finally {
  await destination.close()
}
