import type { Source } from '@tidemark/core'
import { openDestination } from '@tidemark/destination'
import { type OpenSources, type Report, type Settings, sync } from '@tidemark/engine'

interface RunSettings {
  readonly config?: unknown
  readonly settings?: Settings
  /** Sources that stay connected from one run to the next. */
  readonly openSources?: OpenSources
}

/** One run of a source into a database; throws where it was not clean. */
export async function runInto(url: string, source: Source, more: RunSettings = {}): Promise<Report> {
  const runner = { id: `bench-${process.pid}-${performance.now()}`, host: 'bench', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url, runner })
  try {
    const report = await sync({
      sources: [{ name: source.name, source, config: more.config ?? {}, options: {} }],
      destination,
      settings: more.settings,
      ...(more.openSources === undefined ? {} : { openSources: more.openSources }),
    })
    if (report.exitCode !== 0) throw new Error(JSON.stringify(report))
    return report
  } finally {
    await destination.close()
  }
}
