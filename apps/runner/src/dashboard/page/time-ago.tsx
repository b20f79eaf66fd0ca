import { format } from './format.ts'

/** A relative time; the title has the exact instant. */
export function TimeAgo({ at, now }: { readonly at: number | null; readonly now: number }) {
  if (at === null) return <span class="soft">never</span>
  return (
    <time dateTime={new Date(at).toISOString()} title={`${format.instant(at)} UTC`}>
      {format.ago(at, now)}
    </time>
  )
}
