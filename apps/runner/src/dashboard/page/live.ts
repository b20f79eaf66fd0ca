import { useEffect, useState } from 'preact/hooks'
import type { ActionAnswer, TroubleAnswer } from '../answers.ts'

export interface LiveState {
  readonly connection: 'connecting' | 'live' | 'lost'
  readonly trouble: TroubleAnswer | null
  readonly action: ActionAnswer | null
  /** Counts up when the page should ask again. */
  readonly version: number
}

/** Between two looks at the database at least so long, however much happens. */
const REST_MS = 700
/** Without a change the page asks again, because "5 min ago" grows older. */
const STALE_MS = 30_000

let state: LiveState = { connection: 'connecting', trouble: null, action: null, version: 0 }
/** After so long a refused page asks again. */
const AGAIN_MS = 10_000

let source: EventSource | undefined
let waiting: ReturnType<typeof setTimeout> | undefined
let bumpedAt = 0
const listeners = new Set<() => void>()

function set(change: Partial<LiveState>): void {
  state = { ...state, ...change }
  for (const listener of listeners) listener()
}

function bump(): void {
  if (waiting !== undefined) return
  waiting = setTimeout(
    () => {
      waiting = undefined
      bumpedAt = performance.now()
      set({ version: state.version + 1 })
    },
    Math.max(0, bumpedAt + REST_MS - performance.now()),
  )
}

function open(): void {
  if (source !== undefined) return
  source = new EventSource('/api/events')
  source.addEventListener('open', () => {
    const wasLost = state.connection === 'lost'
    set({ connection: 'live' })
    if (wasLost) bump()
  })
  source.addEventListener('error', () => {
    set({ connection: 'lost' })
    // A browser tries again by itself, but not where it was refused.
    if (source?.readyState !== EventSource.CLOSED) return
    source = undefined
    setTimeout(() => document.hidden || open(), AGAIN_MS)
  })
  source.addEventListener('change', () => {
    if (state.trouble !== null) set({ trouble: null })
    bump()
  })
  source.addEventListener('trouble', (event) => set({ trouble: JSON.parse(event.data) as TroubleAnswer }))
  source.addEventListener('action', (event) => set({ action: JSON.parse(event.data) as ActionAnswer | null }))
}

/** Listens while the page is seen; a browser allows only a few connections to one place. */
export function startLive(): void {
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      source?.close()
      source = undefined
    } else {
      open()
      bump()
    }
  })
  setInterval(() => {
    if (!document.hidden) bump()
  }, STALE_MS)
  open()
}

export function setAction(action: ActionAnswer | null): void {
  set({ action })
}

export function useLive(): LiveState {
  const [now, setNow] = useState(state)
  useEffect(() => {
    const look = (): void => setNow(state)
    look()
    listeners.add(look)
    return () => void listeners.delete(look)
  }, [])
  return now
}
