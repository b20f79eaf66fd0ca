export { Checker, type Connect, rowsOf } from './crash/checker.ts'
export { lookAtChunks } from './crash/chunk-checker.ts'
export { FAILPOINT_VARIABLE, type FailpointRule, readFailpoints, useFailpoints } from './crash/failpoint-actions.ts'
export { type FaultProxy, type FaultProxyOptions, openFaultProxy } from './crash/fault-proxy.ts'
export { FedChecker } from './crash/fed-checker.ts'
export {
  type FailpointOptions,
  figuresText,
  type KilledReading,
  type KillFigures,
  type KillOptions,
  type KillPlace,
  killAtFailpoints,
  killAtRandom,
  runQuietly,
} from './crash/kill-runner.ts'
export { type Random, randomOf, seedOf } from './crash/random.ts'
export { startVictim, type Victim } from './crash/start-victim.ts'
export type { VictimLine, VictimOptions, VictimTable } from './crash/victim-options.ts'
