import { openDestination } from '@tidemark/destination'
import { watch } from '@tidemark/engine'
import hello from '@tidemark/example-source-hello'

const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')))

const destination = await openDestination({ url: process.argv[2] ?? 'service.db' })
try {
  const sources = [{ name: 'hello', source: hello }]
  const run = watch({ sources, destination, signal: stop.signal })
  for await (const event of run) {
    switch (event.type) {
      case 'batch-committed':
        console.log(`${event.table}: ${event.rows.written} rows written`)
        break
      case 'retry':
        console.log(`${event.table}: ${event.failure.message}, again in ${event.delayMs} ms`)
        break
      case 'step-ended':
        if (event.failure !== undefined)
          console.log(`${event.table}: ${event.failure.message} (${event.failure.remedy})`)
        break
      case 'run-ended':
        console.log(`done in ${event.report.durationMs} ms`)
        break
    }
  }
  process.exitCode = (await run.report).exitCode
} finally {
  await destination.close()
}
