import { parseDuration } from '@tidemark/core/engine'
import type { Settings } from '@tidemark/engine'
import type { ConfigData } from './config-schema.ts'

/** The engine's settings, from a config and the command line. */
export function settingsFrom(data: ConfigData, maxTimeMs?: number): Settings {
  return {
    initialSyncStart: data.initialSyncStart,
    concurrency: data.concurrency,
    perSource: data.perSource,
    perTable: data.perTable,
    maxTimeMs,
    stallTimeoutMs: data.stallTimeout === undefined ? undefined : parseDuration(data.stallTimeout),
    synced:
      data.to_timestamp === undefined
        ? undefined
        : { tables: namesIn(data.synced_tables ?? []), to: data.to_timestamp },
    rejectLimit: data.rejects,
    deletionLimit: data.deletionLimit,
    runColumn: data.runColumn,
  }
}

function namesIn(list: string | readonly string[]): readonly string[] {
  const names = typeof list === 'string' ? list.split(',') : list
  return names.map((name) => name.trim()).filter((name) => name !== '')
}
