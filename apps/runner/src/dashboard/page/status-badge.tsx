import { Icon } from './icon.tsx'

type Sign = Parameters<typeof Icon>[0]['name']

const SIGNS: Readonly<Record<string, readonly [tone: string, sign: Sign, title: string]>> = {
  complete: ['good', 'check', 'the backfill is complete; new rows are synced'],
  backfilling: ['coming', 'down', 'the backfill is in progress'],
  new: ['coming', 'plus', 'it was not read so far'],
  returned: ['coming', 'back', 'it was away and is back: its hole is being read'],
  failing: ['bad', 'cross', 'its last try failed'],
  paused: ['warn', 'pause', 'it waits for a decision'],
  stale: ['warn', 'warn', 'its last check is older than promised'],
  removed: ['off', 'gone', 'its source is no longer installed; its rows stay'],
  running: ['coming', 'play', 'it goes on'],
  ended: ['good', 'check', 'it came to its end'],
  stopped: ['warn', 'pause', 'it was stopped before all was read; the next run reads the rest'],
  crashed: ['bad', 'cross', 'its process is gone; the next run continues from what is committed'],
  failed: ['bad', 'cross', 'something of it failed'],
}

/** A status by word, colour and sign. */
export function StatusBadge({ status, text }: { readonly status: string; readonly text?: string }) {
  const [tone, sign, title] = SIGNS[status] ?? ['off', 'gone', '']
  return (
    <span class={`badge ${tone}`} title={title}>
      <Icon name={sign} />
      {text ?? status}
    </span>
  )
}
