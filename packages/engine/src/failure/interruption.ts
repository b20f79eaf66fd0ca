/** What stops a run early: a signal, its caller (`abort`), or its time limit. */
export type EndedBy = 'SIGINT' | 'SIGTERM' | 'abort' | 'max-time'

/** The reason of an abort that says what stopped the run, and the exit code of that. */
export class Interruption extends Error {
  readonly endedBy: 'SIGINT' | 'SIGTERM'
  readonly exitCode: number
  /** Settles when the state says that the run is about to stop: the process waits for that before it ends, but not long. */
  recorded: Promise<unknown> = Promise.resolve()

  constructor(endedBy: 'SIGINT' | 'SIGTERM', exitCode: number) {
    super(`stopped by ${endedBy}`)
    this.endedBy = endedBy
    this.exitCode = exitCode
  }
}

/** What stopped the work of a signal; undefined where nothing did. */
export function interruptionOf(
  signal: AbortSignal | undefined,
): { readonly endedBy: EndedBy; readonly exitCode: number | undefined } | undefined {
  if (signal?.aborted !== true) return undefined
  return signal.reason instanceof Interruption ? signal.reason : { endedBy: 'abort', exitCode: undefined }
}
