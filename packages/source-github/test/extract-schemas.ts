import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Writes fixtures/described-schemas.json: what GitHub's own description of its API says of the answers that are read here.
// The package that holds it is 385 MB, so an extract of it is kept:
//   npm pack @octokit/openapi@23.0.2 && tar -xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json
//   node packages/source-github/test/extract-schemas.ts package/generated/api.github.com.json

type Json = { readonly [name: string]: unknown }
interface Description {
  readonly info: { readonly version: string }
  readonly paths: Record<string, { get: { responses: Record<string, { content: Record<string, { schema: Json }> }> } }>
  readonly components: { readonly schemas: Record<string, Json> }
}

const REPOSITORY = '/repos/{owner}/{repo}'
const PATHS: Readonly<Record<string, string>> = {
  repository: REPOSITORY,
  repositories: '/orgs/{org}/repos',
  issues: `${REPOSITORY}/issues`,
  issue_comments: `${REPOSITORY}/issues/comments`,
  pull_requests: `${REPOSITORY}/pulls`,
  reviews: `${REPOSITORY}/pulls/{pull_number}/reviews`,
  commits: `${REPOSITORY}/commits`,
  releases: `${REPOSITORY}/releases`,
  stargazers: `${REPOSITORY}/stargazers`,
  labels: `${REPOSITORY}/labels`,
  milestones: `${REPOSITORY}/milestones`,
  workflow_runs: `${REPOSITORY}/actions/runs`,
}
/** Words for people, and not for values. */
const WORDS = new Set(['description', 'example', 'examples', 'default', 'title', 'deprecated'])

function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords)
  if (typeof value !== 'object' || value === null) return value
  // A property may be called like one of them; its value is a schema then.
  const kept = Object.entries(value).filter(([name, one]) => !WORDS.has(name) || isSchema(one))
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutWords(one)]))
}

function isSchema(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['type', '$ref', 'anyOf', 'oneOf', 'allOf'].some((name) => name in value)
  )
}

const description = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Description
const schemas: Record<string, unknown> = {}

function gather(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const name = (value as { $ref?: string }).$ref?.split('/').at(-1)
  if (name !== undefined && schemas[name] === undefined) {
    schemas[name] = withoutWords(description.components.schemas[name])
    gather(schemas[name])
  }
  for (const one of Object.values(value)) gather(one)
}

const answers: Record<string, unknown> = {}
for (const [table, path] of Object.entries(PATHS)) {
  const content = description.paths[path]!.get.responses['200']!.content
  answers[table] = withoutWords((content['application/json'] ?? Object.values(content)[0]!).schema)
  gather(answers[table])
}
const text = JSON.stringify({ version: description.info.version, answers, schemas }, undefined, 1)
writeFileSync(join(import.meta.dirname, 'fixtures/described-schemas.json'), `${text}\n`)
