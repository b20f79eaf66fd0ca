import { useEffect, useRef, useState } from 'preact/hooks'
import { type CamelDocument, camelDocument } from '../../json-document.ts'
import type { TroubleAnswer } from '../answers.ts'
import { BASE_PATH } from './base-path.ts'
import { useLive } from './live.ts'

export interface Asked<T> {
  readonly answer: T | undefined
  readonly trouble: TroubleAnswer | undefined
}

/** Fetches from the server, again after each change, and after each interval where one is given. The old answer stays until the new one arrives. */
export function useAnswer<T>(url: string, everyMs?: number): Asked<CamelDocument<T>> {
  const { version } = useLive()
  const [asked, setAsked] = useState<Asked<CamelDocument<T>> & { readonly url: string }>({
    url,
    answer: undefined,
    trouble: undefined,
  })
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (everyMs === undefined) return
    const timer = setInterval(() => document.hidden || setTurn((before) => before + 1), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  const wanted = useRef(url)
  wanted.current = url
  // A new version fetches again
  useEffect(() => {
    // A late answer is still used, unless something else was requested meanwhile.
    const isWanted = (): boolean => wanted.current === url
    ask<T>(url)
      .then((answer) => isWanted() && setAsked({ url, answer, trouble: undefined }))
      .catch((error: unknown) => {
        if (!isWanted()) return
        const trouble = error instanceof Trouble ? error.answer : UNREACHABLE
        setAsked((before) => ({ url, answer: before.url === url ? before.answer : undefined, trouble }))
      })
  }, [url, version, turn])
  return subjectOf(asked.url) === subjectOf(url) ? asked : { answer: undefined, trouble: undefined }
}

/** The subject of an address: another page or filter of the same subject keeps the old answer on screen meanwhile. */
function subjectOf(url: string): string {
  const { pathname, searchParams } = new URL(url, location.origin)
  return [pathname, searchParams.get('name'), searchParams.get('id')].join(' ')
}

const UNREACHABLE: TroubleAnswer = {
  message: 'The dashboard does not respond; start it again with "tidemark ui".',
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

export async function ask<T>(url: string, init: RequestInit = {}): Promise<CamelDocument<T>> {
  const response = await fetch(BASE_PATH + url, init)
  // A session that is over: the form, and then back here.
  if (response.status === 401 && init.method === undefined) location.reload()
  const body = camelDocument(await response.json())
  if (response.ok) return body as CamelDocument<T>
  throw new Trouble((body as { error: TroubleAnswer }).error)
}
