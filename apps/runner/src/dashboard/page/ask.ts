import { useEffect, useRef, useState } from 'preact/hooks'
import type { TroubleAnswer } from '../answers.ts'
import { useLive } from './live.ts'

export interface Asked<T> {
  readonly answer: T | undefined
  readonly trouble: TroubleAnswer | undefined
}

/** Asks the server, and asks again whenever something changed. What was there stays until the new answer is. */
export function useAnswer<T>(url: string): Asked<T> {
  const { version } = useLive()
  const [asked, setAsked] = useState<Asked<T> & { readonly url: string }>({
    url,
    answer: undefined,
    trouble: undefined,
  })
  const wanted = useRef(url)
  wanted.current = url
  // A new version asks again
  useEffect(() => {
    // An answer that comes late is still an answer, as long as nobody asks for something else.
    const isWanted = (): boolean => wanted.current === url
    ask<T>(url)
      .then((answer) => isWanted() && setAsked({ url, answer, trouble: undefined }))
      .catch((error: unknown) => {
        if (!isWanted()) return
        const trouble = error instanceof Trouble ? error.answer : UNREACHABLE
        setAsked((before) => ({ url, answer: before.url === url ? before.answer : undefined, trouble }))
      })
  }, [url, version])
  return subjectOf(asked.url) === subjectOf(url) ? asked : { answer: undefined, trouble: undefined }
}

/** What an address is about: another page or another filter of the same thing keeps what is shown meanwhile. */
function subjectOf(url: string): string {
  const { pathname, searchParams } = new URL(url, location.origin)
  return [pathname, searchParams.get('name'), searchParams.get('id')].join(' ')
}

const UNREACHABLE: TroubleAnswer = {
  message: 'The dashboard does not answer; start it again with "tidemark ui".',
  remedy: null,
  code: 'unreachable',
}

export class Trouble extends Error {
  readonly answer: TroubleAnswer
  constructor(told: TroubleAnswer) {
    super(told.message)
    this.answer = told
  }
}

export async function ask<T>(url: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(url, init)
  const body: unknown = await response.json()
  if (response.ok) return body as T
  throw new Trouble((body as { error: TroubleAnswer }).error)
}
