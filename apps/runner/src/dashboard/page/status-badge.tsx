import { Icon } from './icon.tsx'

type Sign = Parameters<typeof Icon>[0]['name']

const SIGNS: Readonly<Record<string, readonly [tone: string, sign: Sign, title: string]>> = {
  complete: ['good', 'check', 'the backfill is complete; new rows are synced'],
  backfilling: ['coming', 'down', 'the backfill is in progress'],
  new: ['coming', 'plus', 'it has not been synced yet'],
  returned: ['coming', 'back', 'its source was removed and is back: the gap is being backfilled'],
  failing: ['bad', 'cross', 'its last sync failed'],
  paused: ['warn', 'pause', 'it waits for a decision'],
  stale: ['warn', 'warn', 'its last check is older than allowed'],
  removed: ['off', 'gone', 'its source is no longer installed; its rows stay'],
  running: ['coming', 'play', 'it is in progress'],
  ended: ['good', 'check', 'it ended normally'],
  stopped: ['warn', 'pause', 'it was stopped before all was read; the next run reads the rest'],
  crashed: ['bad', 'cross', 'its process died; the next run continues from what is committed'],
  failed: ['bad', 'cross', 'part of it failed'],
  configured: ['good', 'check', 'the next sync reads it'],
  incomplete: ['warn', 'warn', 'settings are missing'],
  broken: ['bad', 'cross', 'its package cannot be loaded'],
  off: ['off', 'gone', 'the config turns it off'],
  unchecked: ['off', 'gone', 'the config is not valid'],
}

/** A status as word, colour and icon. */
export function StatusBadge({ status, text }: { readonly status: string; readonly text?: string }) {
  const [tone, sign, title] = SIGNS[status] ?? ['off', 'gone', '']
  return (
    <span class={`badge ${tone}`} title={title}>
      <Icon name={sign} />
      {text ?? status}
    </span>
  )
}
