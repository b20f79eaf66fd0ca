import type { Logger } from '@tidemark/core'
import { atPath, type HttpAnswer, type HttpClient } from '@tidemark/http'
import type { RestConfig } from './config.ts'

/** A clock that is further behind is worth a word: minAge stands for less. */
const WORTH_A_WORD_MS = 60_000

export interface ApiClockOptions {
  readonly http: HttpClient
  readonly host: string
  readonly clock: RestConfig['clock']
  readonly log: Logger
}

/** What time it is at the API: what it stamps with a clock that is behind is still to come. */
export class ApiClock {
  readonly #options: ApiClockOptions
  /** How far ahead the times in its answers are. */
  #reported: number | undefined
  #isSaid = false

  constructor(options: ApiClockOptions) {
    this.#options = options
  }

  /** Whether answers with rows tell it, and not headers. */
  get isInBody(): boolean {
    return typeof this.#options.clock === 'object'
  }

  /** Takes in an answer that may tell the time. */
  see({ body }: HttpAnswer): void {
    const { clock } = this.#options
    const at = typeof clock === 'object' ? millisecondsOf(atPath(body, clock.at)) : undefined
    if (at !== undefined) this.#reported = Math.min(this.#reported ?? Number.POSITIVE_INFINITY, at - Date.now())
  }

  /** The API's present as far as its answers tell it; it is asked where none has told. Undefined: the runner's clock counts. */
  async now(ask: () => Promise<void>): Promise<string | undefined> {
    if (this.#options.clock === 'runner') return undefined
    if (this.#aheadMs === undefined) await ask()
    const ahead = this.#aheadMs
    if (ahead === undefined) return undefined
    if (ahead < -WORTH_A_WORD_MS) this.#say(-ahead)
    return new Date(Date.now() + ahead).toISOString()
  }

  get #aheadMs(): number | undefined {
    return typeof this.#options.clock === 'object' ? this.#reported : this.#options.http.serverAheadMs
  }

  #say(behindMs: number): void {
    if (this.#isSaid) return
    this.#isSaid = true
    const { host, log } = this.#options
    log.warn(
      `the clock of ${host} is ${Math.round(behindMs / 1000)} s behind the clock of this machine, so its tables are read only up to its time; if just the "Date" header of its answers is wrong, set "clock": "runner"`,
    )
  }
}

/** A time as APIs write it: ISO 8601, or seconds or milliseconds since 1970. */
function millisecondsOf(value: unknown): number | undefined {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\d{9,}(?:\.\d+)?$/.test(value))
  if (isNumber) return Number(value) < 1e11 ? Number(value) * 1000 : Number(value)
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d[T ]/.test(value)) return undefined
  // Without an offset it is meant in UTC, as everywhere here.
  const at = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value.replace(' ', 'T')}Z`)
  return Number.isNaN(at) ? undefined : at
}
