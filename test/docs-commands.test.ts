import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blocksOf, inlineCodeOf } from './docs/blocks.ts'
import { type Known, shellProblems, tidemarkWords } from './docs/commands.ts'
import { problemWith, programOf } from './docs/help.ts'
import { pagesIn } from './docs/pages.ts'
import { commandsOf } from './docs/shell.ts'

const ROOT = join(import.meta.dirname, '..')
const MAIN = join(ROOT, 'apps/runner/dist/main.js')
const pages = pagesIn(ROOT)

// What the built program says of itself, with all verbs that it has today.
const program = programOf((words) =>
  execFileSync(process.execPath, [MAIN, ...words, '--help'], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '400' },
  }),
)
const known: Known = { root: ROOT, program }

/** Places for words, as prose and templates have them: `<table>`, `[table|source…]`, `…`, `{{ value }}`, `$words`. */
const withoutPlaces = (text: string): string =>
  text.replaceAll(/\[[^\]]*\]|…|<verb>|\{\{[^}]*\}\}|\$\w+"?/g, '').replaceAll(/<[^>]*>/g, 'word')

describe('the command line of the docs', () => {
  it('the program tells its verbs', () => {
    expect(program.verbs.size).toBeGreaterThan(8)
    expect(program.verbs.get('query')).toMatchObject({ least: 1, most: 1 })
    expect(program.verbs.get('rejects')?.verbs.get('drop')?.flags.get('--yes')).toBe('none')
    expect(program.verbs.get('sync')?.flags.get('--max-time')).toBe('a value')
  })

  it.each([...pages.keys()])('%s: every command in a shell block is one that there is', (path) => {
    const blocks = blocksOf(path, pages.get(path)!).filter(({ language }) => /^(?:sh|bash|shell)$/.test(language))
    const problems = blocks.flatMap(({ at, text }) => shellProblems(text, known).map((problem) => `${at}: ${problem}`))
    expect(problems).toEqual([])
  })

  it.each([...pages.keys()])(
    '%s: every `tidemark …` in its text, and in what it shows of other programs, is one',
    (path) => {
      const page = pages.get(path)!
      const quoted = inlineCodeOf(path, page).filter(({ text }) =>
        /^(?:npx |pnpm )?(?:\S*\/)?tidemark(?: |$)/.test(text),
      )
      const shown = blocksOf(path, page)
        .filter(({ language }) => ['', 'ini', 'yaml', 'dockerfile'].includes(language))
        .flatMap(({ at, text }) =>
          [...text.matchAll(/(?:^|[\s=/])(tidemark(?: [^\n]*)?)$/gm)].map((match) => ({ at, text: match[1]! })),
        )
      const problems = [...quoted, ...shown].flatMap(({ at, text }) =>
        commandsOf(withoutPlaces(text)).flatMap((words) => {
          const own = tidemarkWords(words)
          const problem = own === undefined ? undefined : problemWith(own, program)
          // A verb may be named without its words.
          return problem === undefined || /needs \d+ words/.test(problem) ? [] : [`${at}: ${text}: ${problem}`]
        }),
      )
      expect(problems).toEqual([])
    },
  )

  it('the table of verbs has all verbs, each with flags that it takes', () => {
    const rows = [...pages.get('apps/runner/README.md')!.matchAll(/^\| `([a-z]+)([^`]*)` +\|(.*)\|$/gm)]
    const verbs = rows.filter(([, name]) => program.verbs.has(name!))
    expect(new Set(verbs.map(([, name]) => name))).toEqual(new Set(program.verbs.keys()))
    const strangers = verbs.flatMap(([row, name]) => {
      const verb = program.verbs.get(name!)!
      const flags = new Set([verb, program, ...verb.verbs.values()].flatMap((one) => [...one.flags.keys()]))
      return [...row.matchAll(/`(--[a-z-]+)/g)]
        .filter(([, flag]) => !flags.has(flag!))
        .map(([, flag]) => `${name} has no flag ${flag}`)
    })
    expect(strangers).toEqual([])
  })
})

describe('a wrong command is found:', () => {
  it.each([
    ['tidemark snyc', /there is no verb "snyc"/],
    ['npx tidemark sync --max-tim 10m', /has no flag --max-tim/],
    ['npx tidemark sync --max-time', /--max-time needs a value/],
    ['npm run tidemark -- query', /needs 1 words, not 0/],
    ['node_modules/.bin/tidemark query a b', /takes 1 words, not 2/],
    ['tidemark rejects drop --full x', /has no flag --full/],
    ['cd x && tidemark staus || tail -n 20 x', /there is no verb "staus"/],
    ['npx -y pnpm@12.18.0 tidemark querry x', /there is no verb "querry"/],
    ['npx -y pnpm@11.0.0 fix', /is built with pnpm@12\.18\.0/],
    ['npx -y pnpm@12.18.0 fixx', /there is no script "fixx"/],
    ['pnpm --filter @tidemark/testkit crush', /there is no script "crush"/],
    ['pnpm --filter @tidemark/kit crash', /there is no package/],
    ['npm install @tidemark/source-got', /there is no package @tidemark\/source-got/],
    ['npm install koffee-and-cake', /there is no package/],
    ['npm run bulid', /has no script "bulid"/],
    ['npm create tidemark@latest sauce x', /of a kind that no test knows/],
    ['frobnicate --force', /of a kind that no test knows/],
  ])('%s', (text, message) => {
    expect(shellProblems(text, known).join('\n')).toMatch(message)
  })

  it.each([
    'npx tidemark --json sync git_commits git --max-time 8m # what is missing',
    'npx tidemark query "select * from git_commits limit 10" --csv > out.csv',
    'DATABASE_URL=postgres://x tidemark rejects orders',
    'tidemark rejects drop 7 8 --yes',
  ])('and nothing is found in: %s', (text) => {
    expect(shellProblems(text, known)).toEqual([])
  })
})
