export { answerLimit } from './answer-limit.ts'
export { type Examination, examine } from './examine.ts'
export { clashes, tableName } from './names.ts'
export { isThere, type OpenOptions, openDestination, type Place, placeOf } from './open.ts'
export { openReader, type Reader } from './open-reader.ts'
export { isPostgres } from './postgres/address.ts'
export { countRejects, listRejects, type RejectFilter, type RejectRecord } from './rejects.ts'
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
} from './run-records.ts'
export { type SampleOptions, sampleRows } from './sample-rows.ts'
export { exposureOf } from './sqlite/exposure.ts'
export type { QueryAnswer } from './sqlite/query.ts'
export { queryFile } from './sqlite/query-file.ts'
export { countRows, listChanges, type ShapeChange } from './table-records.ts'
export { tookTooLong } from './took-too-long.ts'
export { listWaitingRunners, type WaitingRunner } from './waiting-runners.ts'
