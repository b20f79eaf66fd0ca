import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Json = Record<string, unknown>

/** A true answer of GitHub, recorded (`recorded-…`), or given in the description of its API (`described-…`). */
export function fixture<T = Json>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8')) as T
}

const issue = fixture<Json[]>('recorded-issues')[0]!
const comment = fixture<Json[]>('described-issue-comments')[0]!
const pull = fixture<Json[]>('described-pulls')[0]!
const review = fixture<Json[]>('described-reviews')[0]!
const commit = fixture<Json[]>('described-commits')[0]!
const release = fixture('recorded-release')
const star = fixture<Json[]>('described-stargazers')[0]!
const label = fixture<Json[]>('recorded-labels')[0]!
const milestone = fixture<Json[]>('described-milestones')[0]!
const run = fixture<{ workflow_runs: Json[] }>('described-runs').workflow_runs[0]!

/** Rows as GitHub gives them, under other ids and dates. */
export const make = {
  issue: (id: number, updated_at: string, more: Json = {}): Json => ({ ...issue, id, number: id, updated_at, ...more }),
  comment: (id: number, updated_at: string, more: Json = {}): Json => ({ ...comment, id, updated_at, ...more }),
  pull: (id: number, updated_at: string, more: Json = {}): Json => ({ ...pull, id, number: id, updated_at, ...more }),
  review: (id: number, more: Json = {}): Json => ({ ...review, id, ...more }),
  release: (id: number, more: Json = {}): Json => ({ ...release, id, tag_name: `v${id}`, ...more }),
  star: (id: number, starred_at: string): Json => ({
    ...star,
    starred_at,
    user: { ...(star['user'] as Json), id, login: `user-${id}` },
  }),
  label: (id: number, more: Json = {}): Json => ({ ...label, id, name: `label ${id}`, ...more }),
  milestone: (id: number, more: Json = {}): Json => ({ ...milestone, id, number: id, ...more }),
  run: (id: number, created_at: string, more: Json = {}): Json => ({ ...run, id, created_at, ...more }),
  commit(sha: string, date: string, parents: readonly string[]): Json {
    const details = commit['commit'] as Json
    const person = { ...(details['committer'] as Json), date }
    return {
      ...commit,
      sha,
      commit: { ...details, message: `commit ${sha}`, author: person, committer: person },
      parents: parents.map((one) => ({ sha: one, url: '', html_url: '' })),
    }
  },
}
