export { answerLimit } from './answer-limit.ts'
export type { Examination, Place, QueryAnswer, Reader } from './dialects/database-kind.ts'
export {
  endsQueries,
  examine,
  exposureOf,
  isShareable,
  isThere,
  namesServer,
  type OpenDestinationOptions,
  openDestination,
  openQueueDatabase,
  openReader,
  placeOf,
  queryRows,
} from './open.ts'
export type { Execute, QueueDatabase } from './queue/queue-database.ts'
export { SharedRate } from './queue/shared-rate.ts'
export type { RateLimit } from './queue/source-limits.ts'
export type { HeldJob, WindowFailure, WindowJob } from './queue/window-job.ts'
export { type FetchOptions, WorkQueue } from './queue/work-queue.ts'
export { readWorkStatus, type WorkStatus, workStatus } from './queue/work-status.ts'
export { groupRejects, type RejectGroup, reasonOf } from './state/reject-groups.ts'
export { countRejects, listRejects, type RejectFilter, type RejectRecord } from './state/rejects.ts'
export type { IsAlive, RecordedRows, RunRecord } from './state/run-record.ts'
export {
  listFoldedRuns,
  listRuns,
  listSteps,
  listTableRuns,
  type StepRecord,
  type TableRunRecord,
} from './state/run-records.ts'
export { averageStepRates } from './state/step-rates.ts'
export { isAlive, thisRunner } from './state/this-runner.ts'
export { listWaitingRunners, type WaitingRunner } from './state/waiting-runners.ts'
export { tableName } from './table/names.ts'
export { charactersShown, type SampleOptions, sampleRows } from './table/sample-rows.ts'
export {
  countChanges,
  countRows,
  countTables,
  listChanges,
  type RowCount,
  type ShapeChange,
} from './table/table-records.ts'
export { tookTooLong } from './took-too-long.ts'
