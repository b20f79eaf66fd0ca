import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { type CommandText, type CommandWords, commandWords, shellCommands, shellWord } from '@tidemark/core/engine'

export interface Invoked {
  readonly cwd: string
  readonly project: string
  readonly flags: {
    readonly project?: string | undefined
    readonly config?: string | undefined
    readonly destination?: string | undefined
  }
  readonly environment: NodeJS.ProcessEnv
}

/** The command line for this: `pnpm tidemark` if the workspace has such a script, else `npx tidemark`. */
export function commandFor({ cwd, project, flags, environment }: Invoked): CommandText {
  const script = scriptFor(project)
  const start = script ? `${pnpm(environment)} tidemark` : 'npx tidemark'
  const away = !script && flags.project !== undefined && resolve(cwd) !== project
  const more = [
    ...(away ? ['--project', relative(cwd, project)] : []),
    ...(flags.config === undefined ? [] : ['--config', flags.config]),
    ...(flags.destination === undefined ? [] : ['--destination', flags.destination]),
  ]
  return shellCommands([start, ...more.map(shellWord)].join(' '))
}

/** The arguments of the program for the same, called as it was this time: for whoever brings the program themselves. */
export function wordsFor({ project, config, destination }: Invoked['flags']): CommandWords {
  const given = Object.entries({ project, config, destination })
  return commandWords(given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])))
}

/** Whether a workspace above has a script `tidemark` for this project. */
function scriptFor(project: string): boolean {
  for (let folder = dirname(project); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'pnpm-workspace.yaml'))) {
      const target = /--project[= ]+(\S+)/.exec(scriptIn(folder))?.[1]
      return target !== undefined && resolve(folder, target) === project
    }
    if (folder === dirname(folder)) return false
  }
}

function scriptIn(folder: string): string {
  try {
    const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      scripts?: Record<string, string>
    }
    return scripts?.['tidemark'] ?? ''
  } catch {
    return ''
  }
}

/** On a machine with only npm, pnpm itself runs through npx. */
function pnpm({ npm_execpath: path = '', npm_config_user_agent: agent = '' }: NodeJS.ProcessEnv): string {
  const version = /^pnpm\/(\S+)/.exec(agent)?.[1]
  return /[\\/]_npx[\\/]/.test(path) && version !== undefined ? `npx -y pnpm@${version}` : 'pnpm'
}
