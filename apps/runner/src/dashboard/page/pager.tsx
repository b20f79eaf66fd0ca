import { router } from './router.ts'

export interface PagerProps {
  readonly page: number
  readonly pages: number
  readonly label: string
  /** The query parameter that holds the page. */
  readonly word?: string
}

/** Links to the other pages of a list. */
export function Pager({ page, pages, label, word = 'page' }: PagerProps) {
  if (pages <= 1) return null
  const to = (wanted: number): string => router.with({ [word]: wanted === 1 ? '' : wanted })
  return (
    <nav class="pager" aria-label={label}>
      {page > 1 ? <a href={to(page - 1)}>Previous</a> : <span aria-disabled="true">Previous</span>}
      <span>
        Page {page} of {pages}
      </span>
      {page < pages ? <a href={to(page + 1)}>Next</a> : <span aria-disabled="true">Next</span>}
    </nav>
  )
}
