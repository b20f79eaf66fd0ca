import { useEffect, useState } from 'preact/hooks'
import { BASE_PATH } from './base-path.ts'

/** The location of the page: its path and query parameters. */
export interface Place {
  readonly path: string
  readonly search: URLSearchParams
}

const listeners = new Set<() => void>()

export const router = {
  here: (): Place => ({
    path: location.pathname.slice(BASE_PATH.length) || '/',
    search: new URLSearchParams(location.search),
  }),
  go(href: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') history.pushState(null, '', href)
    else history.replaceState(null, '', href)
    for (const listener of listeners) listener()
  },
  /** The address with some query parameters changed; empty ones are omitted. */
  with(change: Readonly<Record<string, string | number>>): string {
    const search = new URLSearchParams(location.search)
    for (const [name, value] of Object.entries(change)) {
      if (value === '') search.delete(name)
      else search.set(name, String(value))
    }
    const text = search.toString()
    return location.pathname + (text === '' ? '' : `?${text}`)
  },
  /** A path of the dashboard as a link. */
  to: (path: string): string => BASE_PATH + path,
  table: (name: string): string => `${BASE_PATH}/table?${new URLSearchParams({ name })}`,
  run: (run: number): string => `${BASE_PATH}/run?id=${run}`,
  source: (name: string): string => `${BASE_PATH}/source?${new URLSearchParams({ name })}`,
}

export function usePlace(): Place {
  const [place, setPlace] = useState(router.here)
  useEffect(() => {
    const look = (): void => setPlace(router.here())
    listeners.add(look)
    addEventListener('popstate', look)
    return () => {
      listeners.delete(look)
      removeEventListener('popstate', look)
    }
  }, [])
  return place
}

/** Handles links within the dashboard without loading the page again. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return
    const link = event.target instanceof Element ? event.target.closest('a[href^="/"]') : null
    if (link === null) return
    event.preventDefault()
    const href = link.getAttribute('href')!
    const isOtherPage =
      new URL(href, location.href).pathname !== location.pathname ||
      href.startsWith(`${BASE_PATH}/table`) ||
      href.startsWith(`${BASE_PATH}/source`) ||
      href.startsWith(`${BASE_PATH}/run`)
    router.go(href)
    if (!isOtherPage) return
    scrollTo(0, 0)
    // Screen readers announce the new page.
    requestAnimationFrame(() => document.querySelector<HTMLElement>('#content')?.focus({ preventScroll: true }))
  })
}
