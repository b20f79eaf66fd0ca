import type { SourceQueueView, WorkView } from '../work/work-view.ts'
import { fixText } from './fix-text.ts'
import { plural } from './numbers.ts'
import { oneLine } from './plain.ts'

const MAX_SHOWN = 5

/** Who shares the windows, how many wait, and which failed. */
export function workLines({ sources, workers, dead_letters: deadLetters }: WorkView): readonly string[] {
  const alive = workers.filter(({ state }) => state === 'alive')
  const dead = workers.length - alive.length
  const named = alive
    .slice(0, MAX_SHOWN)
    .map(({ host, pid, reads }) => `process ${pid} on ${oneLine(host)} reads ${plural(reads.length, 'window')}`)
  const more = alive.length - named.length
  const who =
    alive.length === 0
      ? 'No worker is active'
      : `${plural(alive.length, 'worker')}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return [
    `${who}${dead === 0 ? '' : `; ${plural(dead, 'worker')} died, and what it read is returned to the queue`}.`,
    ...sources.filter((one) => hasWindows(one) || one.paused_until !== null).map(sourceLine),
    ...deadLetters.slice(0, MAX_SHOWN).map(({ table, from, to, error, fix }) => {
      const window = to === null ? '' : ` (${from ?? 'the beginning'} to ${to})`
      return `failed: a window of ${oneLine(table)}${window}: ${oneLine(error)} (${fixText(fix)})`
    }),
  ]
}

/** Whether workers share the windows at this moment. */
export const isShared = ({ workers }: WorkView): boolean => workers.some(({ state }) => state === 'alive')

/** Whether anything of what workers share is to be read, or failed. */
export const isBusy = ({ sources }: WorkView): boolean => sources.some(hasWindows)

const hasWindows = ({ queued, running, dead_letters: dead }: SourceQueueView): boolean => queued + running + dead > 0

function sourceLine({ source, queued, running, dead_letters: dead, paused_until: until }: SourceQueueView): string {
  const parts = [
    `${plural(queued, 'window')} queued`,
    `${running} being read`,
    ...(dead === 0 ? [] : [`${dead} failed`]),
    ...(until === null ? [] : [`paused until ${until.slice(11, 19)}Z`]),
  ]
  return `${oneLine(source)}: ${parts.join(', ')}.`
}
