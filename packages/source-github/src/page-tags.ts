import { conditional, type HttpAnswer, headerOf, revisionIn } from '@tidemark/http'
import { z } from 'zod'
import { type GitHub, PAGE, QUESTION_WAIT_MS } from './github-client.ts'
import { pathOf, type Repository } from './repository.ts'

/** A list of a repository that is read whole. */
export interface WholeList {
  /** Behind the repository's path. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** New rows come at the end, so that whatever comes or goes changes the last page. */
  readonly grows?: 'at the end'
  /** The most pages that GitHub gives of it. */
  readonly mostPages?: number
}

export interface TagsQuestion {
  readonly client: GitHub
  readonly partition: Repository
  readonly previous: string | undefined
  readonly signal: AbortSignal
}

// The ETags of the pages from `first` on. A last page that is full is followed by the one that is still empty.
const Tags = z.object({ v: z.literal(1), first: z.int(), tags: z.array(z.string()) })
type Tags = z.infer<typeof Tags>

/**
 * The revision of a whole list: the ETags of its pages, each asked with the one before, so that no change costs nothing.
 * One page says nothing about the others; where the list grows at its end, the last says all.
 */
export async function tagsOf(list: WholeList, question: TagsQuestion): Promise<string | undefined> {
  const before = readTags(question.previous)
  if (list.grows === undefined) return textOf(await walk(list, question, { first: 1, tags: before?.tags ?? [] }))
  const same = before === undefined ? undefined : await walk(list, question, before)
  if (same !== undefined && textOf(same) === textOf(before)) return textOf(same)
  const answer = await ask(list, question, 1, undefined)
  return textOf(await walk(list, question, { first: lastPage(answer), tags: [] }))
}

/** Asks from a page on to the end. Undefined where GitHub gives no ETags. */
async function walk(
  list: WholeList,
  question: TagsQuestion,
  before: Tags | Omit<Tags, 'v'>,
): Promise<Tags | undefined> {
  const tags: string[] = []
  for (let page = before.first; ; page++) {
    const known = before.tags[tags.length]
    const answer = await ask(list, question, page, known)
    const tag = answer.status === 304 ? known : revisionIn(answer.headers)
    if (tag === undefined) return undefined
    tags.push(tag)
    if (page === list.mostPages || isLast(answer, tags.length === before.tags.length))
      return { v: 1, first: before.first, tags }
  }
}

/** A page that is not full, or empty, is the last: whatever comes would change it. */
function isLast({ status, body, headers }: HttpAnswer, wasLast: boolean): boolean {
  if (status === 304) return wasLast
  const isFull = Array.isArray(body) && body.length >= PAGE
  return !isFull && !/rel="?next/.test(headerOf(headers, 'link') ?? '')
}

/** How many rows a list has, by one request: the number of its last page where each has one row. */
export async function countOf(list: WholeList, question: Omit<TagsQuestion, 'previous'>): Promise<number | undefined> {
  const { client, partition, signal } = question
  const answer = await client.http.get(pathOf(partition, list.path), {
    query: { ...list.query, per_page: 1 },
    headers: list.headers,
    longestWaitMs: QUESTION_WAIT_MS,
    signal,
  })
  if (!Array.isArray(answer.body)) return undefined
  return answer.body.length === 0 ? 0 : lastPage(answer)
}

function ask({ path, query, headers }: WholeList, question: TagsQuestion, page: number, tag: string | undefined) {
  const { client, partition, signal } = question
  return client.http.get(pathOf(partition, path), {
    query: { ...query, per_page: PAGE, page },
    headers: { ...headers, ...conditional(tag) },
    accept: [304],
    longestWaitMs: QUESTION_WAIT_MS,
    signal,
  })
}

function lastPage({ headers }: HttpAnswer): number {
  const url = /<([^>]*)>;\s*rel="?last/.exec(headerOf(headers, 'link') ?? '')?.[1]
  const page = url !== undefined && URL.canParse(url) ? Number(new URL(url).searchParams.get('page')) : 1
  return Number.isSafeInteger(page) && page > 0 ? page : 1
}

const textOf = (tags: Tags | undefined): string | undefined => (tags === undefined ? undefined : JSON.stringify(tags))

function readTags(text: string | undefined): Tags | undefined {
  if (text === undefined) return undefined
  try {
    return Tags.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
