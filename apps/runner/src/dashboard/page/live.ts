import { useEffect, useState } from 'preact/hooks'
import { camelDocument } from '../../json-document.ts'
import type { ActionAnswer, TroubleAnswer } from '../answers.ts'
import { BASE_PATH } from './base-path.ts'

export interface LiveState {
  readonly connection: 'connecting' | 'live' | 'lost'
  readonly trouble: TroubleAnswer | null
  readonly action: ActionAnswer | null
  /** Increases when the page should fetch again. */
  readonly version: number
}

/** Minimum interval between two fetches, however much changes. */
const REST_MS = 700
/** Interval of fetches without a change, because "5 min ago" becomes outdated. */
const STALE_MS = 30_000

let state: LiveState = { connection: 'connecting', trouble: null, action: null, version: 0 }
/** How long a refused page waits before it connects again. */
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
  source = new EventSource(`${BASE_PATH}/api/events`)
  source.addEventListener('open', () => {
    const wasLost = state.connection === 'lost'
    set({ connection: 'live' })
    if (wasLost) bump()
  })
  source.addEventListener('error', () => {
    set({ connection: 'lost' })
    // A browser reconnects by itself, but not after a refusal.
    if (source?.readyState !== EventSource.CLOSED) return
    source = undefined
    setTimeout(() => document.hidden || open(), AGAIN_MS)
  })
  source.addEventListener('change', () => {
    if (state.trouble !== null) set({ trouble: null })
    bump()
  })
  source.addEventListener('trouble', (event) =>
    set({ trouble: camelDocument(JSON.parse(event.data)) as TroubleAnswer }),
  )
  source.addEventListener('action', (event) =>
    set({ action: camelDocument(JSON.parse(event.data)) as ActionAnswer | null }),
  )
}

/** Connects while the page is visible; a browser allows only a few connections per host. */
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
