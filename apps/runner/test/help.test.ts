import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const folder = import.meta.dirname

const main = join(folder, '../dist/main.js')

async function helpOf(...verb: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...verb, '--help'])
  if (stderr !== '') throw new Error(stderr)
  return stdout
}

/** The verbs that a help lists; not `help` itself. */
function verbsIn(help: string): readonly string[] {
  const [, list = ''] = /^Commands:\n((?: {2}.*\n)+)/m.exec(help) ?? []
  return [...list.matchAll(/^ {2}([a-z]\S*)/gm)].flatMap(([, verb]) =>
    verb === undefined || verb === 'help' ? [] : [verb],
  )
}

/** The example commands at its end. */
function examplesIn(help: string): readonly string[] {
  const [, list = ''] = /^Examples?:\n((?: {2}.*\n?)+)/m.exec(help) ?? []
  return list
    .trim()
    .split('\n')
    .map((line) => line.trim())
}

const GLOBAL = ['--project <folder>', '--config <file>', '--destination <database>', '--json', '--verbose']

describe('the help', async () => {
  const root = await helpOf()
  const verbs = verbsIn(root)
  const pages = await Promise.all(verbs.map(async (verb) => ({ words: [verb], text: await helpOf(verb) })))
  const inner = await Promise.all(
    pages.flatMap(({ words, text }) =>
      verbsIn(text).map(async (verb) => ({ words: [...words, verb], text: await helpOf(...words, verb) })),
    ),
  )
  const all = [...pages, ...inner]

  it('of tidemark itself shows the commands that are used most', async () => {
    expect(verbs.length).toBeGreaterThanOrEqual(10)
    expect(examplesIn(root).length).toBeGreaterThanOrEqual(5)
    await expect(root).toMatchFileSnapshot(join(folder, 'help/tidemark.txt'))
  })

  it.each(all)(
    'of $words has an example, the flags of its own that the example uses, and those of every verb',
    async ({ words, text }) => {
      const examples = examplesIn(text)
      expect(examples[0]).toMatch(new RegExp(`^tidemark ${words.join(' ')}( |$)`))
      for (const example of examples)
        for (const [flag] of example.matchAll(/--[a-z-]+/g))
          expect(text, example).toMatch(new RegExp(`^  (?:-\\w, )?${flag}\\b`, 'm'))
      for (const flag of GLOBAL) expect(text).toContain(`  ${flag}`)
      await expect(text).toMatchFileSnapshot(join(folder, `help/${words.join('-')}.txt`))
    },
  )
})
