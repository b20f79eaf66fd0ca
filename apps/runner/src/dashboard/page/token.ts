const KEY = 'tidemark-token'

/** The token of the printed address; it is removed from the address bar and kept for this tab only. */
export function takeToken(): void {
  const found = /^#token=([\w-]+)$/.exec(location.hash)?.[1]
  if (found === undefined) return
  sessionStorage.setItem(KEY, found)
  history.replaceState(null, '', location.pathname + location.search)
}

/** Of a visitor who has logged in: null: may not act. */
export function setToken(proof: string | null): void {
  if (proof === null) sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, proof)
}

export function token(): string | null {
  return sessionStorage.getItem(KEY)
}
