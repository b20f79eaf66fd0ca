import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { Scratch } from './docs/typescript.ts'

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'docs/config.md')
const MAIN = join(ROOT, 'apps/runner/dist/main.js')
const isWriting = process.env['TIDEMARK_WRITE'] === '1'
const SOURCES = globSync('packages/source-*/package.json', { cwd: ROOT })
  .map((path) => basename(dirname(path)))
  .sort()

const HEAD = `# Config reference

Every key of \`tidemark.config.ts\`, and of what \`source.configure({…})\` of each source takes. A test writes this page from the schemas that read
the config; a key that is not listed is an error that names the nearest one.

Keys are camelCase, such as \`initialSyncStart\`. Two keep the names that other systems write them with: \`synced_tables\` and \`to_timestamp\`.
The JSON that Tidemark writes is [snake_case](terminal.md#json).

\`\`\`ts
import { defineConfig, env } from '@tidemark/runner/config'
import sql from '@tidemark/source-sql'

export default defineConfig({
  destination: env('DATABASE_URL'),
  sources: {
    crm: sql.configure({ url: env('CRM_URL') }, { every: '1h', tables: { audit: false } }),
  },
})
\`\`\`

The first argument of \`configure\` is the source's own config, below under the name of the source; the second has the keys of
\`sources.<name>\`. In JSON both are one object: \`{ "source": "sql", "config": { … }, "every": "1h" }\`.
`

/** The rows of a page's table of keys. */
function keysIn(page: string): string {
  const table = /^\| key +\| meaning[\s\S]*?(?=\n\n)/m.exec(page)?.[0]
  if (table === undefined) throw new Error('the README of the runner has no table of keys')
  return table.replaceAll('](https://github.com/tidemark/tidemark/blob/main/docs/', '](')
}

/** What the schemas of the sources say, as the command prints it. */
async function readSections(): Promise<readonly string[]> {
  using project = new Scratch(ROOT, Object.fromEntries(SOURCES.map((name) => [`@tidemark/${name}`, '0.1.0'])))
  const found: string[] = []
  for (const folder of SOURCES) {
    const { code, stdout, stderr } = await project.run(MAIN, ['tables', folder.replace('source-', ''), '--md'])
    expect(code, stderr).toBe(0)
    const config = /^## Config\n\n([\s\S]*?)\n\n## /m.exec(stdout)?.[1] ?? ''
    found.push(`## @tidemark/${folder}\n\n${config}\n\n[Its page](../packages/${folder}/README.md) has examples.\n`)
  }
  return found
}

let reading: Promise<readonly string[]> | undefined
/** Asked once: each source is a process. */
const sections = (): Promise<readonly string[]> => (reading ??= readSections())

it('docs/config.md is what the schemas say', async () => {
  const own = keysIn(readFileSync(join(ROOT, 'apps/runner/README.md'), 'utf8'))
  const written = [HEAD, `## The project\n\n${own}\n`, ...(await sections())].join('\n')
  if (isWriting) writeFileSync(PAGE, written)
  // One by one, so that a failure shows the line.
  expect(readFileSync(PAGE, 'utf8').split('\n'), 'run it with TIDEMARK_WRITE=1').toEqual(written.split('\n'))
  expect(written.match(/^\| `[\w.<>*]+` +\|/gm)?.length).toBeGreaterThan(100)
})
