import { SyncError } from '@tidemark/core'

/** A column whose answers are of another type than those that its decoder was made for: nothing of it is decoded. */
export class ChangedColumn extends SyncError {
  constructor(column: string) {
    super(
      `column "${column}" has another form than when the run began: its type was changed meanwhile; the next run looks again`,
      'fix-config',
    )
  }
}
