import type { ResponseHeaders } from './response-headers.ts'
import { isRateLimited } from './wait-advice.ts'

/** A status that means "nothing here" and not an error: by itself, or only where the body has a text in it. */
export type EmptyStatus = number | { readonly status: number; readonly contains: string }

/** Whether an answer means that there is nothing. A 403 for a limit that is used up does not. */
export function meansEmpty(
  { status, headers, text }: { readonly status: number; readonly headers: ResponseHeaders; readonly text: string },
  empty: readonly EmptyStatus[] = [],
): boolean {
  if (status === 403 && isRateLimited(headers)) return false
  return empty.some((one) =>
    typeof one === 'number'
      ? one === status
      : one.status === status && text.toLowerCase().includes(one.contains.toLowerCase()),
  )
}
