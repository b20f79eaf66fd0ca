import type { Page } from 'playwright-core'

/** What goes wrong in a page without being seen: errors, refused content, requests to elsewhere. */
export function pageProblems(page: Page): readonly string[] {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`))
  page.on('console', (message) => {
    // What the server refuses is shown in the page; the browser's own line about it says nothing more.
    const isRefusal = message.text().startsWith('Failed to load resource')
    if (['error', 'warning'].includes(message.type()) && !isRefusal) problems.push(`console: ${message.text()}`)
  })
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!/^(http:\/\/(127\.0\.0\.1|localhost):|data:,$)/.test(request.url())) problems.push(`request: ${request.url()}`)
  })
  return problems
}
