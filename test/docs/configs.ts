import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Block } from './blocks.ts'
import { Scratch } from './typescript.ts'

/** Whether a block is a config of the runner: one that calls `defineConfig`, or JSON with sources that is no notice. */
export function isConfig({ language, text, title }: Block): boolean {
  if (title !== undefined) return false
  return language === 'json'
    ? /"(?:sources|destination)"/.test(text) && !text.includes('"notices"')
    : /\bdefineConfig\(/.test(text)
}

/** What the real command says of a config that is wrong, its sources' own fields too; undefined where it takes it. */
export async function configProblem(root: string, { language, text, at }: Block): Promise<string | undefined> {
  const sources = globSync('packages/source-*/package.json', { cwd: root }).map((path) => {
    return (JSON.parse(readFileSync(join(root, path), 'utf8')) as { name: string }).name
  })
  using scratch = new Scratch(root, Object.fromEntries(sources.map((name) => [name, '0.1.0'])))
  scratch.write(language === 'json' ? 'tidemark.config.json' : 'tidemark.config.ts', text)
  const variables = [...text.matchAll(/env\('([A-Z_]+)'\)|"\$\{([A-Z_]+)\}"/g)].map((match) => match[1] ?? match[2]!)
  // A url where one is asked for; nothing is there, and nothing need be: the config is read before anything is asked.
  const env = Object.fromEntries(
    variables.map((name) => [
      name,
      name === 'DATABASE_URL'
        ? 'data/scratch.db'
        : /^(?:SLACK_WEBHOOK|PAGER)_URL$/.test(name)
          ? 'https://127.0.0.1/'
          : /URL$/.test(name)
            ? 'nothing.db'
            : 'x'.repeat(20),
    ]),
  )
  const main = join(root, 'apps/runner/dist/main.js')
  // A table that is not there ends the command once the config is read, before anything is asked for.
  const done = await scratch.run(main, ['plan', 'no_such', '--destination', 'data/scratch.db', '--json'], env)
  const told = JSON.parse(done.stdout === '' ? '{}' : done.stdout) as { error?: { message: string; code: string } }
  if (told.error?.code !== 'config' && /there is no .*no_such/.test(told.error?.message ?? '')) return undefined
  return `${at}: ${told.error?.message ?? `${done.stdout}${done.stderr}`.slice(0, 1000)}`
}
