import { SyncError } from '@tidemark/core'

/** A column whose answers are of another type than those that its decoder was made for: nothing of it is decoded. */
export class ChangedColumn extends SyncError {
  constructor(column: string) {
    super(`column "${column}" has another type than when the run began; the next run discovers it again`, 'fix-config')
  }
}
