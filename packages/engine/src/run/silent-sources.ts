import { SyncError } from '@tidemark/core'
import { formatInstant } from '@tidemark/core/engine'
import { type Failure, failureOf } from '../failure/failure.ts'
import { NOTICED_AFTER_MS } from '../source/answered.ts'
import type { SilentQuestion } from '../time/silent-question.ts'
import type { RunContext } from './run-context.ts'

/** Knows which questions of which sources stay without an answer, oldest first. */
export class SilentSources {
  readonly #open = new Map<string, readonly SilentQuestion[]>()
  readonly #onChange: (source: string, oldest: SilentQuestion | undefined) => void

  /** @param onChange called with the oldest open question of a source whenever that is another one. */
  constructor(onChange: (source: string, oldest: SilentQuestion | undefined) => void) {
    this.#onChange = onChange
  }

  /** A question has no answer for so long that others are to know. @returns what to call when it has one. */
  add(source: string, question: SilentQuestion): () => void {
    this.#set(source, [...this.#of(source), question])
    return () =>
      this.#set(
        source,
        this.#of(source).filter((one) => one !== question),
      )
  }

  #of(source: string): readonly SilentQuestion[] {
    return this.#open.get(source) ?? []
  }

  #set(source: string, questions: readonly SilentQuestion[]): void {
    const [before] = this.#of(source)
    this.#open.set(source, questions)
    if (questions[0] !== before) this.#onChange(source, questions[0])
  }
}

/** Says which sources leave a question without an answer, and hands it on. @returns what `SurveyOptions.onSilent` is. */
export function noticeSilence(
  { options, destinationNow }: RunContext,
  onChange: (source: string, oldest: SilentQuestion | undefined) => void,
): (source: string, what: string) => () => void {
  const sources = new SilentSources((source, question) => {
    if (question !== undefined)
      options.log?.warn(`${source}: ${silentFailure(question).message}; the other sources are read meanwhile`, {
        event: 'source-silent',
        source,
      })
    onChange(source, question)
    options.onEvent?.({ type: 'source-silent', source, question })
  })
  return (source, what) => sources.add(source, { what, askedAt: destinationNow() - BigInt(NOTICED_AFTER_MS) * 1000n })
}

/** What is recorded of a question, so that it stays true after the process has ended. */
export function silentFailure({ what, askedAt }: SilentQuestion): Failure {
  const seconds = NOTICED_AFTER_MS / 1000
  return failureOf(
    new SyncError(
      `it was asked for ${what} at ${formatInstant(askedAt, 'Z', 0)} and had not answered ${seconds} s later`,
      'retry',
      { code: 'no-answer-yet' },
    ),
  )
}
