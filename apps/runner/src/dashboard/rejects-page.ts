import { groupRejects, listRejects, type Reader, reasonOf } from '@tidemark/destination'
import type { RejectsAnswer } from './list-answers.ts'
import { millis } from './run-line.ts'
import type { Snapshot } from './snapshot.ts'
import { tableNamed } from './table-page.ts'

const MAX_REJECTS_SHOWN = 50

/** The newest rejected rows of a table. */
export async function rejectsPage(
  name: string,
  { reader, snapshot }: { readonly reader: Reader; readonly snapshot: Snapshot },
): Promise<RejectsAnswer> {
  const table = tableNamed(snapshot, name)
  const found = await listRejects(reader, { tables: [table.name], limit: MAX_REJECTS_SHOWN })
  const groups = await groupRejects(reader, table.name)
  return {
    groups: groups
      .slice(0, MAX_REJECTS_SHOWN)
      .map(({ reason, times, newestAt }) => ({ reason, times, newestAt: millis(newestAt) })),
    count: snapshot.rejects.get(name) ?? 0,
    rejects: found.map(({ id, partition, key, code, message, payload, rejectedAt, times }) => ({
      id,
      partition,
      key: key ?? null,
      code,
      message,
      reason: reasonOf(message),
      payload,
      at: millis(rejectedAt),
      times,
    })),
  }
}
