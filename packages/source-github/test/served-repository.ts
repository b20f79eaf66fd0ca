import { fixture, type Json, make } from './fixtures.ts'

type Query = URLSearchParams
/** A list before it is cut into pages; what GitHub puts around its rows; or a refusal. */
export interface Listed {
  readonly rows: readonly Json[]
  readonly around?: (page: readonly Json[]) => unknown
  readonly status?: number
  readonly body?: unknown
}

const time = (row: Json, key: string): number => Date.parse(String(row[key]))

/** One repository as GitHub keeps it. */
export class ServedRepository {
  readonly id: number
  name: string
  readonly issues: Json[] = []
  readonly comments: Json[] = []
  readonly pulls: Json[] = []
  readonly reviews = new Map<number, Json[]>()
  readonly releases: Json[] = []
  readonly stars: Json[] = []
  readonly labels: Json[] = []
  readonly milestones: Json[] = []
  readonly runs: Json[] = []
  readonly commits = new Map<string, Json>()
  head = ''
  more: Json = {}
  /** How many workflow runs a search counts that it does not give. */
  overcounted = 0

  constructor(id: number, name: string) {
    this.id = id
    this.name = name
  }

  about(): Json {
    const [login, name] = this.name.split('/')
    const recorded = fixture('recorded-repository')
    return {
      ...recorded,
      id: this.id,
      name,
      full_name: this.name,
      owner: { ...(recorded['owner'] as Json), login },
      stargazers_count: this.stars.length,
      ...this.more,
    }
  }

  /** Adds commits in a row behind the head, and moves it. */
  push(...made: readonly (readonly [sha: string, date: string])[]): void {
    for (const [sha, date] of made) {
      this.commits.set(sha, make.commit(sha, date, this.head === '' ? [] : [this.head]))
      this.head = sha
    }
  }

  /** A merge commit whose second parent is another history. */
  merge(sha: string, date: string, branch: string): void {
    this.commits.set(sha, make.commit(sha, date, [this.head, branch]))
    this.head = sha
  }

  list(path: string, query: Query): Listed {
    if (path === 'issues') {
      if (this.more['has_issues'] === false)
        return { rows: [], status: 410, body: { message: 'Issues has been disabled in this repository.' } }
      return { rows: byUpdate(this.issues, query, true) }
    }
    if (path === 'issues/comments') return { rows: byUpdate(this.comments, query, true) }
    if (path === 'pulls') return { rows: byUpdate(this.pulls, query, false) }
    if (path === 'releases') return { rows: this.releases }
    if (path === 'stargazers') return { rows: this.stars }
    if (path === 'labels') return { rows: this.labels }
    if (path === 'milestones') return { rows: this.milestones }
    if (path === 'actions/runs') return this.#runs(query)
    if (path === 'commits') return this.#commits(query)
    const number = /^pulls\/(\d+)\/reviews$/.exec(path)?.[1]
    if (number !== undefined) return { rows: this.reviews.get(Number(number)) ?? [] }
    const [, base, head] = /^compare\/(.+)\.\.\.(.+)$/.exec(path) ?? []
    if (base !== undefined && head !== undefined) return this.#compare(base, head)
    return { rows: [], status: 404, body: { message: 'Not Found' } }
  }

  #runs(query: Query): Listed {
    const [from = '', to = ''] = (query.get('created') ?? '').split('..')
    const inside = (run: Json): boolean =>
      from === '' || (time(run, 'created_at') >= Date.parse(from) && time(run, 'created_at') <= Date.parse(to))
    const rows = this.runs.filter(inside).sort((a, b) => time(b, 'created_at') - time(a, 'created_at'))
    // Of a search no more than a thousand are given.
    const given = from === '' ? rows : rows.slice(0, 1000)
    return { rows: given, around: (page) => ({ total_count: rows.length + this.overcounted, workflow_runs: page }) }
  }

  reachable(from: string): Set<string> {
    const seen = new Set<string>()
    const next = [from]
    for (let sha = next.pop(); sha !== undefined; sha = next.pop()) {
      if (seen.has(sha) || !this.commits.has(sha)) continue
      seen.add(sha)
      next.push(...(this.commits.get(sha)!['parents'] as { sha: string }[]).map((parent) => parent.sha))
    }
    return seen
  }

  #sorted(shas: Iterable<string>): Json[] {
    return [...shas].map((sha) => this.commits.get(sha)!).sort((a, b) => committed(b) - committed(a))
  }

  #commits(query: Query): Listed {
    if (this.head === '') return { rows: [], status: 409, body: { message: 'Git Repository is empty.' } }
    const since = Date.parse(query.get('since') ?? '1970-01-01')
    const until = Date.parse(query.get('until') ?? '9999-01-01')
    const all = this.#sorted(this.reachable(query.get('sha') ?? this.head))
    return { rows: all.filter((commit) => committed(commit) >= since && committed(commit) <= until) }
  }

  #compare(base: string, head: string): Listed {
    if (!this.commits.has(base) || !this.commits.has(head))
      return { rows: [], status: 404, body: { message: 'Not Found' } }
    const [before, after] = [this.reachable(base), this.reachable(head)]
    const ahead = this.#sorted([...after].filter((sha) => !before.has(sha))).reverse()
    const behind = [...before].filter((sha) => !after.has(sha)).length
    const status = ahead.length === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged'
    return {
      rows: ahead,
      around: (commits) => ({ ...fixture<Json>('described-compare'), status, total_commits: ahead.length, commits }),
    }
  }
}

const committed = (commit: Json): number => time((commit['commit'] as Json)['committer'] as Json, 'date')

/** As GitHub sorts: `since` is heeded by some lists, `state` is open where nothing is said, `direction` down. */
function byUpdate(rows: readonly Json[], query: Query, heedsSince: boolean): Json[] {
  const since = heedsSince ? Date.parse(query.get('since') ?? '1970-01-01') : 0
  const key = query.get('sort') === 'updated' ? 'updated_at' : 'created_at'
  const sign = query.get('direction') === 'asc' ? 1 : -1
  const state = query.get('state') ?? 'open'
  return rows
    .filter((row) => time(row, 'updated_at') >= since)
    .filter((row) => row['state'] === undefined || state === 'all' || row['state'] === state)
    .sort((a, b) => sign * (time(a, key) - time(b, key) || Number(a['id']) - Number(b['id'])))
}
