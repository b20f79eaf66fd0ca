import type { ComponentChildren } from 'preact'
import { shortLeftText } from '../../show/estimate.ts'
import type { Totals } from '../answers.ts'
import { format } from './format.ts'
import { readingText } from './reading-text.ts'
import { type Place, router } from './router.ts'

interface TileProps {
  readonly name: string
  readonly group: string
  readonly tone: string
  readonly value: string
  readonly place: Place
  readonly children: ComponentChildren
}

/** Totals; each tile filters the tables below. */
export function Tiles({
  totals,
  place,
  now,
}: {
  readonly totals: Totals
  readonly place: Place
  readonly now: number
}) {
  const of = (...names: readonly string[]): number => names.reduce((sum, name) => sum + (totals.byStatus[name] ?? 0), 0)
  const tracked = totals.tables - of('removed')
  const coming = of('new', 'backfilling', 'returned')
  const { fresh, wrong, stale, incomplete } = totals
  const reading = readingText(totals)
  const left = shortLeftText(totals.workLeft)
  return (
    <ul class="tiles">
      <Tile name="Fresh" group="fresh" tone={fresh > 0 ? 'good' : 'off'} value={format.count(fresh)} place={place}>
        of {format.plural(tracked, 'table')}
        {totals.completeTo !== null && fresh === tracked && `, all complete to ${ageOf(totals.completeTo, now)}`}
      </Tile>
      <Tile name="Backfilling" group="coming" tone="coming" value={format.count(coming)} place={place}>
        {reading !== undefined
          ? `${reading} being read now`
          : coming > 0
            ? 'waiting for the backfill'
            : incomplete > 0
              ? `${format.count(incomplete)} not fully synced`
              : 'every backfill is complete'}
        {left !== undefined && `; ${left}`}
      </Tile>
      <Tile
        name="Needs attention"
        group="wrong"
        tone={wrong > 0 ? 'bad' : 'off'}
        value={format.count(wrong)}
        place={place}
      >
        {wrong === 0 ? 'nothing is failing, paused or stale' : wrongText(of('failing'), of('paused'), stale)}
      </Tile>
      <Tile
        name="Rejected"
        group="rejects"
        tone={totals.rejects > 0 ? 'warn' : 'off'}
        value={format.count(totals.rejects)}
        place={place}
      >
        {totals.rejects === 0
          ? 'every row matches its schema'
          : totals.rejects === 1
            ? 'row that does not match its schema'
            : 'rows that do not match their schema'}
      </Tile>
    </ul>
  )
}

function wrongText(failing: number, paused: number, stale: number): string {
  const parts = [
    ...(failing > 0 ? [`${format.count(failing)} failing`] : []),
    ...(paused > 0 ? [`${format.count(paused)} paused`] : []),
    ...(stale > 0 ? [`${format.count(stale)} stale`] : []),
  ]
  return parts.join(', ')
}

function ageOf(text: string, now: number): string {
  const at = Date.parse(text)
  return Number.isNaN(at) ? text : format.ago(at, now)
}

function Tile({ name, group, tone, value, place, children }: TileProps) {
  const isChosen = place.search.get('status') === group
  return (
    <li>
      <a
        class={`tile ${tone}`}
        href={isChosen ? router.with({ status: '', page: '' }) : router.with({ status: group, page: '' })}
        aria-current={isChosen ? 'true' : undefined}
      >
        <span class="name">{name}</span>
        <span class="value">{value}</span>
        <span class="more">{children}</span>
      </a>
    </li>
  )
}
