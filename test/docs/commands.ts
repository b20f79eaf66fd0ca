import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { problemWith, type Verb } from './help.ts'
import { commandsOf } from './shell.ts'

/** What a command line is held against. */
export interface Known {
  readonly root: string
  readonly program: Verb
}

const PNPM = 'pnpm@12.18.0'
/** How the command `tidemark` is called: in a project, through a script of npm, in this repository, by its path. */
const CALLS = [
  /^(?:npx )?(?:\S*\/)?tidemark(?= |$)/,
  /^npm run tidemark --(?= |$)/,
  /^(?:npx -y \S+ |pnpm )tidemark(?= |$)/,
]
/** Commands of package managers as packages are added: names that npm takes, and paths. */
const INSTALL = /^(?:npm (?:install|ci)|(?:npx -y \S+ |pnpm )(?:--filter \S+ )?(?:add|install))((?: \S+)*)$/
/** What makes an empty project. */
const INIT = /^npm (?:init -y|pkg set type=module)$/
const CREATE = /^npm create tidemark@latest (?:source|runner) (?:@[\w-]+\/)?[\w-]+$/
/** Verbs of pnpm that are no script. */
const PNPM_VERBS = ['exec', 'turbo', 'changeset']
/** Programs of the machine: what they are told is not ours to check. */
const SYSTEM =
  /^(?:sudo )?(?:cat|cd|chmod|cp|createdb|crontab|curl|docker|echo|export|git|jq|journalctl|kill|kubectl|launchctl|ls|mkdir|mv|node|printf|psql|rm|sqlite3|ssh|systemctl|tail) /

/** What is wrong with the commands of a shell text. A command of a kind that is not known here is wrong too. */
export function shellProblems(text: string, known: Known): readonly string[] {
  return commandsOf(text).flatMap((words) => {
    const problem = problemOf(words, known)
    return problem === undefined ? [] : [`${words.join(' ')}: ${problem}`]
  })
}

function problemOf(words: readonly string[], known: Known): string | undefined {
  const line = words.join(' ')
  const tidemark = tidemarkWords(words)
  if (tidemark !== undefined) return problemWith(tidemark, known.program)
  if (CREATE.test(line) || INIT.test(line)) return undefined
  const install = INSTALL.exec(line)
  if (install !== null) return strangerIn(install[1]!.trim().split(/\s+/), known.root)
  if (/^(?:npx -y pnpm@|pnpm )/.test(line)) return pnpmProblem(words, known)
  const script = /^npm (?:run ([\w-]+)|(start|test))$/.exec(line)
  if (script !== null) return scaffoldProblem(script[1] ?? script[2]!, known.root)
  return SYSTEM.test(`${line} `) ? undefined : 'a command of a kind that no test knows'
}

/** The words behind `tidemark`; undefined where the command is another one. */
export function tidemarkWords(words: readonly string[]): readonly string[] | undefined {
  const line = words.join(' ')
  for (const call of CALLS) {
    const [found] = call.exec(line) ?? []
    if (found !== undefined) return words.slice(found.split(' ').length)
  }
  return undefined
}

/** What a user may add that the repository does not use itself. */
const FOREIGN = ['@opentelemetry/sdk-node']

/** Packages that are added must be ours, a placeholder's, or among those that the repository itself uses. */
function strangerIn(names: readonly string[], root: string): string | undefined {
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  for (const name of names) {
    if (name === '' || name.startsWith('-') || name.startsWith('file:') || name.startsWith('/')) continue
    const own = /^@tidemark\/(.+)$/.exec(name)?.[1]
    const isThere =
      own === undefined
        ? lock.includes(`\n      ${name}:`) ||
          name === 'acme-package' ||
          FOREIGN.includes(name) ||
          lock.includes(`\n      '${name}':`)
        : existsSync(join(root, own === 'runner' ? 'apps/runner' : `packages/${own}`, 'package.json'))
    if (!isThere) return `there is no package ${name}`
  }
  return undefined
}

function pnpmProblem(words: readonly string[], { root }: Known): string | undefined {
  const own = words[0] === 'npx' ? words.slice(3) : words.slice(1)
  if (words[0] === 'npx' && words[2] !== PNPM) return `the repository is built with ${PNPM}`
  let folder: string | undefined = root
  let at = 0
  if (own[at] === '--filter') {
    folder = folderOf(own[at + 1] ?? '', root)
    if (folder === undefined) return `there is no package ${own[at + 1]}`
    at += 2
  }
  const verb = own[at] === 'run' ? own[at + 1]! : (own[at] ?? '')
  const { scripts = {} } = manifestOf(folder)
  return Object.hasOwn(scripts, verb) || PNPM_VERBS.includes(verb) ? undefined : `there is no script "${verb}"`
}

function folderOf(filter: string, root: string): string | undefined {
  const name = filter.replace('@tidemark/', '')
  const folders = [`packages/${name}`, `apps/${name}`, name === 'repository-tests' ? 'test' : name]
  return folders.map((folder) => join(root, folder)).find((folder) => existsSync(join(folder, 'package.json')))
}

function manifestOf(folder: string): { readonly scripts?: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** `npm run build` and the like stand on pages about what `create-tidemark` makes. */
function scaffoldProblem(script: string, root: string): string | undefined {
  const made = readFileSync(join(root, 'packages/create-tidemark/src/manifest.ts'), 'utf8')
  return new RegExp(`\\b${script}: `).test(made) ? undefined : `what is scaffolded has no script "${script}"`
}
