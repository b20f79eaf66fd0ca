import { LineProcess, type LogLine, type ProcessEnding, packageIn } from '@tidemark/child-process'
import { type Logger, SyncError } from '@tidemark/core'
import { createMasker, exactJsonText, type Masker } from '@tidemark/core/values'
import type { SingerConfig } from './config.ts'
import { PrivateFolder } from './private-folder.ts'
import { type Program, programOf } from './tap-program.ts'
import { secretTexts, tapConfig } from './tap-secrets.ts'

const MB = 1024 * 1024

/** Who runs a tap. */
export interface TapRun {
  readonly signal: AbortSignal
  readonly log: Logger
}

/** A tap: a program that discovers its streams and writes their rows. */
export class Tap {
  readonly #config: SingerConfig
  readonly #masker: Masker = createMasker()
  #program: Promise<Program> | undefined

  constructor(config: SingerConfig) {
    this.#config = config
    this.#masker.add(secretTexts(config))
  }

  /** A text of the tap without its secrets. */
  masked(text: string): string {
    return this.#masker.redact(text)
  }

  /** What messages call it. */
  get subject(): string {
    return `tap "${this.name}"`
  }

  /** Its name without a version or a path, by which another tap is recognised. */
  get name(): string {
    const { tap, command } = this.#config
    if (tap !== undefined) return packageIn(tap) ?? tap.replace(/^.*[/\\]/, '').replace(/[.@#].*$/, '')
    const [first = '', ...others] = [command ?? ''].flat()
    // Of a script its own name, not that of what runs it.
    const script = INTERPRETER.test(first) ? others.find((word) => !word.startsWith('-')) : undefined
    const program = script ?? first
    return program.replace(/^.*[/\\]/, '')
  }

  /** What it prints when it discovers its streams. */
  async discover(run: TapRun): Promise<string> {
    const lines: string[] = []
    await using folder = await PrivateFolder.make()
    const args = ['--config', await this.#configIn(folder), '--discover']
    for await (const some of this.#lines(args, run)) lines.push(...some)
    return lines.join('\n')
  }

  /** Its messages, a line each. @param catalog the text of its catalog; undefined: it takes none. @param state undefined: from the beginning. */
  async *sync({
    catalog,
    state,
    ...run
  }: TapRun & { readonly catalog: string | undefined; readonly state: string | undefined }): AsyncGenerator<
    readonly string[]
  > {
    await using folder = await PrivateFolder.make()
    const args = ['--config', await this.#configIn(folder)]
    if (catalog !== undefined) args.push(this.#config.catalogOption, await folder.write('catalog.json', catalog))
    if (state !== undefined) args.push('--state', await folder.write('state.json', state))
    yield* this.#lines(args, run)
  }

  #configIn(folder: PrivateFolder): Promise<string> {
    return folder.write('config.json', exactJsonText(tapConfig(this.#config)))
  }

  async *#lines(args: readonly string[], { signal, log }: TapRun): AsyncGenerator<readonly string[]> {
    const { silenceSeconds, maxLineMegabytes, maxMemoryMegabytes } = this.#config
    const program = await this.#programOf({ signal, log })
    await using child = LineProcess.start({
      command: program.command,
      args: [...program.args, ...args],
      env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
      subject: this.subject,
      lines: 'stdout',
      limits: {
        silenceMs: silenceSeconds * 1000,
        memoryBytes: maxMemoryMegabytes * MB,
        lineBytes: maxLineMegabytes * MB,
      },
      settings: { silence: 'config.silenceSeconds', memory: 'config.maxMemoryMegabytes' },
      secrets: secretTexts(this.#config),
      onLog: (line) => logLine(line, log),
      signal,
      judge: (ending) => this.#judge(ending),
    })
    yield* child.lines()
  }

  /** Found once; again where that failed. */
  #programOf(run: TapRun): Promise<Program> {
    this.#program ??= programOf({ ...run, config: this.#config, subject: this.subject }).catch((error: unknown) => {
      this.#program = undefined
      throw error
    })
    return this.#program
  }

  /** An exit code says nothing; what the tap wrote last often says that its config is wrong. */
  #judge({ code, signal, stderr }: ProcessEnding): SyncError | undefined {
    if (code === null || code === 126 || code === 127 || signal !== null) return undefined
    const option = /(?:no such option|unrecognized arguments|unexpected extra arg\w*):? *\(?(--\w+)/i.exec(stderr)?.[1]
    if (option === '--discover' || option === '--catalog' || option === '--properties')
      return new SyncError(
        `${this.subject} does not know ${option}; set config.catalogOption to ${option === '--catalog' ? '"--properties" or "none"' : option === '--properties' ? '"--catalog" or "none"' : '"none"'}; its last lines:\n${stderr}`,
        'fix-config',
        { code: 'tap-option' },
      )
    if (!WRONG_CONFIG.test(stderr)) return undefined
    return new SyncError(
      `${this.subject} ended with exit code ${code}; it looks like its config or its credentials; its last lines:\n${stderr}`,
      'fix-config',
      { code: 'tap-failed' },
    )
  }
}

const INTERPRETER = /(?:^|[/\\])(?:node|python[\d.]*|deno|bun|sh|bash|ruby)$/
const WRONG_CONFIG =
  /config(?:uration)? (?:validation|is (?:missing|invalid))|missing required (?:keys|settings|config)|required property|\b40[13]\b.*(?:client error|unauthori[sz]ed|forbidden)|invalid_grant|invalid credentials|(?:password )?authentication failed|access denied for user/i
const IMPORTANT = /\b(?:CRITICAL|ERROR|WARNING|WARN)\b/

function logLine({ text }: LogLine, log: Logger): void {
  if (IMPORTANT.test(text)) log.warn(text)
  else log.debug(text)
}
