import { abortLaw } from './abort-law.ts'
import { deletionsLaw, editsLaw } from './change-laws.ts'
import { errorsLaw, secretsLaw } from './error-laws.ts'
import { killLaw } from './kill-law.ts'
import type { Law } from './law.ts'
import { rangesLaw } from './range-law.ts'
import { revisionLaw } from './revision-law.ts'
import { columnsLaw, keysLaw, orderedLaw, repeatLaw, rowsLaw } from './row-laws.ts'
import { partitionsLaw, resumeLaw, updatesLaw } from './run-laws.ts'
import { emptyLaw, windowsLaw } from './window-laws.ts'

/** Every conformance check of a source, in the order in which to fix them. */
export const LAWS: readonly Law[] = [
  columnsLaw,
  rowsLaw,
  keysLaw,
  repeatLaw,
  windowsLaw,
  emptyLaw,
  rangesLaw,
  orderedLaw,
  revisionLaw,
  resumeLaw,
  updatesLaw,
  editsLaw,
  deletionsLaw,
  partitionsLaw,
  abortLaw,
  errorsLaw,
  secretsLaw,
  killLaw,
]
