/** The most requests that may begin within a time. */
export interface RequestRate {
  /** How many. */
  readonly requests: number
  /** The length of that time, in milliseconds. */
  readonly perMs: number
}

/** The pace at which all processes together ask a system, where several of them read one source. */
export interface SharedPace {
  /** Resolves when one request may begin, within a rate that all processes keep together; it must begin at once then. */
  acquire(rate: RequestRate, signal: AbortSignal): Promise<void>
  /** The system asks to wait for so many milliseconds: so does every process. */
  pause(ms: number): void
}
