import { FAILPOINTS, type Failpoint, onFailpoint } from '@tidemark/core/engine'

/** What happens at a failpoint: the process is killed, stopped or held up, or the point throws. */
export type FailpointAction = 'kill' | 'stop' | 'throw' | 'sleep'

export interface FailpointRule {
  readonly point: Failpoint
  /** At which time that the process comes by; absent: every time. */
  readonly nth?: number | undefined
  readonly action: FailpointAction
  /** Only of `sleep`. */
  readonly ms?: number | undefined
}

/** The variable that switches failpoints on: `after-rows:3=kill,before-commit=sleep 20`. */
export const FAILPOINT_VARIABLE = 'TIDEMARK_FAILPOINTS'

/** Reads `point[:nth]=action[ ms]`, with commas between them. @throws Error that names what it cannot read. */
export function readFailpoints(text: string): readonly FailpointRule[] {
  return text.split(',').map((rule) => {
    const found = /^([a-z-]+)(?::(\d+))?=(kill|stop|throw|sleep)(?: (\d+))?$/.exec(rule.trim())
    const point = FAILPOINTS.find((one) => one === found?.[1])
    if (found === null || point === undefined) {
      throw new Error(
        `${FAILPOINT_VARIABLE}: "${rule}" is not a rule; write point[:nth]=kill|stop|throw|sleep [ms] with one of ${FAILPOINTS.join(', ')}`,
      )
    }
    const [, , nth, action, ms] = found
    return {
      point,
      nth: nth === undefined ? undefined : Number(nth),
      action: action as FailpointAction,
      ms: ms === undefined ? undefined : Number(ms),
    }
  })
}

export function writeFailpoints(rules: readonly FailpointRule[]): string {
  return rules
    .map(
      ({ point, nth, action, ms }) =>
        `${point}${nth === undefined ? '' : `:${nth}`}=${action}${ms === undefined ? '' : ` ${ms}`}`,
    )
    .join(',')
}

/** Puts rules into the slot of this process. `onStop` is called just before it stops. @returns how often each point was passed so far. */
export function useFailpoints(
  rules: readonly FailpointRule[],
  onStop: () => void = () => {},
): ReadonlyMap<Failpoint, number> {
  const passed = new Map<Failpoint, number>()
  onFailpoint((point) => {
    const nth = (passed.get(point) ?? 0) + 1
    passed.set(point, nth)
    for (const rule of rules) {
      if (rule.point !== point || (rule.nth !== undefined && rule.nth !== nth)) continue
      if (rule.action === 'stop') onStop()
      act(rule)
    }
  })
  return passed
}

/** What the environment asks for; nothing where it says nothing. */
export function useFailpointsOf(environment: NodeJS.ProcessEnv, onStop?: () => void): void {
  const text = environment[FAILPOINT_VARIABLE]
  if (text !== undefined && text !== '') useFailpoints(readFailpoints(text), onStop)
}

function act({ point, action, ms = 0 }: FailpointRule): void {
  switch (action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL')
      // Not one statement more: the signal may take a moment.
      hold(60_000)
      return
    case 'stop':
      process.kill(process.pid, 'SIGSTOP')
      return
    case 'sleep':
      hold(ms)
      return
    case 'throw':
      throw new Error(`thrown at the failpoint ${point}`)
  }
}

/** Stands still with all that the process has: as a garbage collection or a slow disk does it. */
function hold(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
