import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const withoutBlocks = (page: string): string => page.replace(/^```[\s\S]*?^```$/gm, '')

/** The addresses that a page links to, in its order. */
export function linksIn(page: string): readonly string[] {
  return [...withoutBlocks(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
}

/** The anchors of a page, as GitHub makes them of its headings. */
export function anchorsOf(page: string): readonly string[] {
  return [...withoutBlocks(page).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

/** Links of a page of the repository that lead to nothing: to no file, or to no heading of a page. */
export function brokenLinks(root: string, path: string, page: string): readonly string[] {
  return linksIn(page)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [to = '', anchor] = link.split('#')
      const file = to === '' ? join(root, path) : join(root, dirname(path), to)
      if (!existsSync(file)) return true
      return anchor !== undefined && file.endsWith('.md') && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor)
    })
    .map((link) => `${path}: ${link}`)
}
