import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { LineProcess } from '@tidemark/child-process'
import type { Logger } from '@tidemark/core'
import { createMasker } from '@tidemark/core/values'
import type { FivetranConfig } from './config.ts'
import { endedEarly, goneEarly, raised } from './connector-failure.ts'
import type { ConnectorFolder } from './connector-folder.ts'
import { type Operation, operationIn } from './operation.ts'

export interface ConnectorProcessOptions {
  readonly folder: ConnectorFolder
  readonly config: FivetranConfig
  /** The path of its Python. */
  readonly python: string
  readonly verb: 'schema' | 'update'
  /** The state that it continues from, as JSON text. */
  readonly state: string
  readonly log: Logger
  readonly signal: AbortSignal
}

const HOST = fileURLToPath(new URL('../python/tidemark_host.py', import.meta.url))
const MEGABYTE = 1_000_000

/** Operations that arrived together. */
export interface OperationList {
  readonly operations: readonly Operation[]
  /** The line of each. */
  readonly lines: readonly string[]
  /** How many characters they had. */
  readonly size: number
}

/** A connector.py that runs in a process of its own. */
export class ConnectorProcess implements AsyncDisposable {
  readonly #options: ConnectorProcessOptions
  readonly #child: LineProcess
  /** A key that no row has: it marks values that JSON has no type for. */
  readonly #marker = `$${randomUUID()}`
  readonly #masker = createMasker()

  private constructor(options: ConnectorProcessOptions) {
    this.#options = options
    const { folder, config, python, verb, log, signal } = options
    this.#masker.add(folder.secrets)
    this.#child = LineProcess.start({
      command: python,
      args: ['-X', 'utf8', HOST],
      cwd: folder.path,
      env: environment(process.env),
      subject: folder.subject,
      ...{ lines: 'fd3', input: 'fd4', signal, secrets: folder.secrets },
      limits: {
        silenceMs: config.silenceSeconds * 1000,
        memoryBytes: config.maxMemoryMegabytes * MEGABYTE,
        lineBytes: config.maxLineMegabytes * MEGABYTE,
      },
      settings: { silence: 'config.silenceSeconds', memory: 'config.maxMemoryMegabytes' },
      // What it prints is for people who look closely.
      onLog: ({ text }) => log.debug(text),
      judge: endedEarly(folder.subject, verb),
    })
  }

  static async start(options: ConnectorProcessOptions): Promise<ConnectorProcess> {
    const process = new ConnectorProcess(options)
    await process.#request()
    return process
  }

  /**
   * What it says, without log lines: those that arrive together at once. Ends when its function has returned.
   *
   * @throws SyncError where it failed, or its process ended before.
   */
  async *operations(): AsyncGenerator<OperationList> {
    const { folder, verb } = this.#options
    for await (const lines of this.#child.lines()) {
      const operations: Operation[] = []
      const own: string[] = []
      let size = 0
      for (const line of lines) {
        size += line.length
        const operation = operationIn(line, this.#marker)
        if (operation.kind === 'log') {
          this.#log(operation)
          continue
        }
        operations.push(operation)
        own.push(line)
      }
      const last = operations.at(-1)
      const isEnd = last?.kind === 'end' || last?.kind === 'failed'
      if (isEnd) operations.pop()
      if (operations.length > 0) yield { operations, lines: own.slice(0, operations.length), size }
      if (last?.kind === 'failed') throw this.#raised(last)
      if (isEnd || last?.kind === 'schema') return
    }
    throw goneEarly(folder.subject, verb, 0)
  }

  /** Reads lines of operations once more. */
  again(lines: readonly string[]): OperationList {
    const operations = lines.map((line) => operationIn(line, this.#marker))
    return { operations, lines, size: lines.reduce((sum, line) => sum + line.length, 0) }
  }

  /** What it waits for is committed. */
  async answer(): Promise<void> {
    await this.#child.write('ok')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stop()
  }

  async #request(): Promise<void> {
    const { folder, verb, state } = this.#options
    const { path, configuration } = folder
    const request = JSON.stringify({ verb, folder: path, configuration, marker: this.#marker })
    // Its state as it wrote it, digit by digit.
    await this.#child.write(`${request.slice(0, -1)},"state":${state}}`)
  }

  #raised(failed: Extract<Operation, { readonly kind: 'failed' }>): Error {
    const { folder, verb, log } = this.#options
    const redact = (text: string): string => this.#masker.redact(text)
    const trace = redact(failed.trace)
    log.debug('the connector raised an error', { trace })
    return raised(folder.subject, verb, { ...failed, message: redact(failed.message), trace })
  }

  #log({ level, message }: Extract<Operation, { readonly kind: 'log' }>): void {
    const { log } = this.#options
    const text = this.#masker.redact(message)
    // How a connector says that it begins with all of a table: whoever watches wants to know.
    const isTold = level === 'INFO' || /\bneeds history\b/.test(text)
    if (level === 'WARNING' || level === 'SEVERE') log.warn(text, { logLevel: level })
    else if (isTold) log.info(text, { logLevel: level })
    else log.debug(text, { logLevel: level })
  }
}

/** The whole environment. Lines that a connector prints arrive when it prints them. */
function environment(outer: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { FIVETRAN_DEPLOYMENT_MODEL: 'local_debug', ...outer, PYTHONUNBUFFERED: '1', PYTHONIOENCODING: 'utf-8' }
}
