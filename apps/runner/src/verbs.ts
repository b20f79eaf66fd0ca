import { addCheck } from './commands/check.ts'
import { addConfig } from './commands/config.ts'
import { addTypes } from './commands/kysely-types.ts'
import { addMove } from './commands/move.ts'
import { addNotify } from './commands/notify.ts'
import { addPause, addResume } from './commands/pause.ts'
import { addPlan } from './commands/plan.ts'
import { addQuery } from './commands/query.ts'
import { addRejects } from './commands/rejects.ts'
import { addResync } from './commands/resync.ts'
import { addRuns } from './commands/runs.ts'
import { addShow } from './commands/show.ts'
import { addState } from './commands/state.ts'
import { addStatus } from './commands/status.ts'
import { addSync } from './commands/sync.ts'
import { addTables } from './commands/tables.ts'
import { addUi } from './commands/ui.ts'
import { addVerify } from './commands/verify.ts'
import { addWork } from './commands/work.ts'
import type { AddVerb } from './verb.ts'

/** All verbs, in the order of the help. */
export const VERBS: readonly AddVerb[] = [
  addSync,
  addPlan,
  addStatus,
  addTables,
  addTypes,
  addShow,
  addCheck,
  addConfig,
  addQuery,
  addResync,
  addVerify,
  addPause,
  addResume,
  addRejects,
  addUi,
  addNotify,
  addWork,
  addRuns,
  addState,
  addMove,
]
