import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '@tidemark/core/engine'
import type { ConfigDocument } from '../config-view.ts'
import { CONFIG_NAMES } from '../load-config.ts'
import type { ConfigAnswer } from './list-answers.ts'

export interface ConfigReaderOptions {
  /** How this command was called: the program and its options, without a verb. */
  readonly invocation: {
    readonly program: string
    readonly flags: readonly string[]
    readonly cwd: string
    readonly environment: NodeJS.ProcessEnv
  }
  readonly project: string
  /** The config that is used; undefined: the one in the project's folder, if any. */
  readonly file: string | undefined
}

const LONGEST_MS = 30_000
const MOST_BYTES = 16 * 1024 * 1024

/**
 * Reads the config by a process of its own, as `config show` does: a module is loaded once in a process, and the server never
 * runs code of a project. It is read again only when a file of it has changed.
 */
export function createConfigReader({ invocation, project, file }: ConfigReaderOptions): () => Promise<ConfigAnswer> {
  const files = [file ?? '', ...['.env', 'package.json', ...CONFIG_NAMES].map((name) => join(project, name))]
  let kept: { readonly mark: string; readonly answer: Promise<ConfigAnswer> } | undefined
  return () => {
    const mark = files.map(markOf).join(' ')
    if (kept?.mark !== mark) kept = { mark, answer: ask(invocation) }
    return kept.answer
  }
}

function markOf(path: string): string {
  const found = path === '' ? undefined : statSync(path, { throwIfNoEntry: false })
  return found === undefined ? '-' : `${found.mtimeMs}/${found.size}/${found.ino}`
}

async function ask({
  program,
  flags,
  cwd,
  environment: env,
}: ConfigReaderOptions['invocation']): Promise<ConfigAnswer> {
  const words = [program, ...flags, 'config', 'show', '--json']
  try {
    const { stdout } = await promisify(execFile)(process.execPath, words, {
      ...{ cwd, env, timeout: LONGEST_MS, maxBuffer: MOST_BYTES },
    }).catch((error: { stdout?: string }) => {
      // A config that is wrong is an answer, too: exit code 2.
      if (typeof error.stdout === 'string' && error.stdout !== '') return { stdout: error.stdout }
      throw error
    })
    const document = JSON.parse(stdout) as ConfigDocument | { readonly error: { readonly message: string } }
    return 'error' in document ? { document: null, problem: document.error.message } : { document, problem: null }
  } catch (error) {
    return { document: null, problem: messageOf(error) }
  }
}
