export { answerLimit } from './answer-limit.ts'
export { isPostgres } from './dialects/postgres/address.ts'
export { exposureOf } from './dialects/sqlite/exposure.ts'
export type { QueryAnswer } from './dialects/sqlite/query.ts'
export { queryFile } from './dialects/sqlite/query-file.ts'
export { type Examination, examine } from './examine.ts'
export { isThere, type OpenOptions, openDestination, type Place, placeOf } from './open.ts'
export { openReader, type Reader } from './reader.ts'
export { countRejects, listRejects, type RejectFilter, type RejectRecord } from './state/rejects.ts'
export {
  type IsAlive,
  listFoldedRuns,
  listRuns,
  listSteps,
  listTableRuns,
  type RecordedRows,
  type RunRecord,
  type StepRecord,
  type TableRunRecord,
} from './state/run-records.ts'
export { listWaitingRunners, type WaitingRunner } from './state/waiting-runners.ts'
export { clashes, tableName } from './table/names.ts'
export { charactersShown, type SampleOptions, sampleRows } from './table/sample-rows.ts'
export { countRows, listChanges, type ShapeChange } from './table/table-records.ts'
export { tookTooLong } from './took-too-long.ts'
