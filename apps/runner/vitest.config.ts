import { mergeConfig } from 'vitest/config'
import { inLanes } from '../../vitest.base.ts'

const lanes = inLanes({
  slow: [
    'test/dashboard/*.test.ts',
    'test/{bad-input,canary,crashed-runs,deletions,discovery,endless,freshness,hostile-text,kill,locked-down,log,looking,move,postgres,printed-commands,read-only-verbs,rejects}.test.ts',
    'test/{run-ends,service,service-alone,shared-folder,short-secrets,signals,startup,terminal,types,types-postgres,unasked-destination,unruly-sources,verbs,verify,wait-until,watch,what-fails,wide-answers}.test.ts',
  ],
})

/** A page is waited for, too: slow is not broken. */
export default mergeConfig(lanes, { test: { expect: { poll: { timeout: 30_000 } } } })
