import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, it, onTestFinished } from 'vitest'
import { instructionsOf } from './dockerfile.ts'
import { Outside } from './packed.ts'

const DEPLOY = join(import.meta.dirname, '../../deploy')

// Without Docker: each stage is a folder, and its instructions are done there, in their order.
it('the Dockerfile installs a project from its lock file and runs its command', { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-image-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const outside = new Outside(folder, 'npm', new Map(inject('tarballs')))
  const context = join(folder, 'context')
  mkdirSync(context)
  writeFileSync(
    join(context, 'package.json'),
    JSON.stringify({
      ...{ name: 'my-sync', private: true, type: 'module' },
      dependencies: { '@tidemark/runner': '*', '@tidemark/source-git': '*', 'pg-boss': '12.38.0' },
    }),
  )
  outside.fromTarballs('context')
  expect(await outside.manage('context', 'install', '--package-lock-only', '--prefer-offline')).toMatchObject({
    code: 0,
  })
  writeFileSync(join(context, '.env'), 'SECRET=x')
  const ignored = readFileSync(join(DEPLOY, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')

  const stages: { name: string; environment: Record<string, string> }[] = []
  const command: string[] = []
  for (const { word, rest } of instructionsOf(readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8'))) {
    const stage = stages.at(-1)!
    if (word === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'last'
      mkdirSync(join(folder, name))
      stages.push({ name, environment: {} })
    } else if (word === 'ENV') {
      const [name = '', value = ''] = rest.split('=')
      stage.environment[name] = value
    } else if (word === 'COPY') {
      const { from, paths } = copied(rest)
      const source = from === undefined ? context : join(folder, from)
      for (const path of paths)
        cpSync(join(source, path), join(folder, stage.name, path), {
          recursive: true,
          filter: (file) => !ignored.includes(file.slice(context.length + 1)) || from !== undefined,
        })
    } else if (word === 'RUN')
      expect(await outside.shell(stage.name, rest, stage.environment)).toMatchObject({ code: 0 })
    else if (word === 'ENTRYPOINT') command.push(...(JSON.parse(rest) as string[]))
    else expect(['WORKDIR', 'USER', 'CMD', 'HEALTHCHECK']).toContain(word)
  }
  const last = join(folder, 'last')
  expect(() => readFileSync(join(last, '.env'))).toThrow('ENOENT')
  chmodSync(last, 0o555)
  const line = command.join(' ')
  const { environment } = stages.at(-1)!
  const run = async (words: string) => {
    const { code, stdout, stderr } = await outside.shell('last', words, environment)
    expect(code, stderr).toBe(0)
    return stdout
  }
  expect(await run(`${line} --version`)).toMatch(/^\d/)
  expect(await run(`${line} status`)).toContain('There is no database yet')
  // The queue's package is found from where the runner is.
  const found = `node --input-type=module -e "await import('pg-boss')"`
  await run(found)
})

/** What a COPY copies, relative to its stage's folder. */
function copied(rest: string): { readonly from: string | undefined; readonly paths: readonly string[] } {
  const words = rest.split(' ')
  const from = words[0]!.startsWith('--from=') ? words.shift()!.slice('--from='.length) : undefined
  words.pop()
  return { from, paths: words.map((path) => path.replace('/project/', '')) }
}
