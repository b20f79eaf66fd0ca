import { jsonText } from '../json-text.ts'
import { version } from '../version.ts'
import { EXPOSITION_TYPE, exposition } from './exposition.ts'
import type { Paths } from './listen.ts'
import { type LoopStatus, metricFamilies } from './metric-families.ts'
import type { RunMetrics } from './run-metrics.ts'
import type { StateProbe } from './state-probe.ts'

export interface MonitoredProcess {
  readonly probe: StateProbe
  readonly tally: RunMetrics
  readonly pulse: () => LoopStatus
  /** The answer of `/healthz`. @param problem the error of the latest query to the database; undefined: it answered. */
  readonly health: (problem: string | undefined) => { readonly status: 'ok' | 'failing' }
}

/** What a process that keeps running serves to monitors. */
export function monitorPaths({ probe, tally, pulse, health }: MonitoredProcess): Paths {
  return {
    '/healthz': async () => {
      const seen = await probe.look()
      const answer = health('problem' in seen ? seen.problem : undefined)
      const status = answer.status === 'ok' ? 200 : 503
      return { status, type: 'application/json; charset=utf-8', body: `${jsonText(answer)}\n` }
    },
    '/metrics': async () => {
      const seen = await probe.look()
      const body = exposition(metricFamilies(version(), pulse(), tally, 'problem' in seen ? undefined : seen))
      return { status: 200, type: EXPOSITION_TYPE, body }
    },
  }
}
