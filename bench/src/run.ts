import type { Source } from '@tidemark/core'
import { openDestination } from '@tidemark/destination'
import { type Report, sync } from '@tidemark/engine'

/** One run of a source into a SQLite file; throws where it was not clean. */
export async function runInto(file: string, source: Source, config: unknown = {}): Promise<Report> {
  const runner = { id: `bench-${process.pid}-${performance.now()}`, host: 'bench', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url: file, runner })
  try {
    const report = await sync({ uses: [{ name: source.name, source, config, options: {} }], destination })
    if (report.exitCode !== 0) throw new Error(JSON.stringify(report))
    return report
  } finally {
    await destination.close()
  }
}
