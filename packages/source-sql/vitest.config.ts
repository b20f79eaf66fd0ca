import { mergeConfig } from 'vitest/config'
import { inLanes, lane } from '../../vitest.base.ts'

const lanes = inLanes({
  slow: [
    'test/{addresses,alone,bad-input,changed-columns,conformance,counts,cursor-limits,ends,failures,find,find-keys,hidden-rows,hostile,json-numbers,local-time,locked,memory,read}.test.ts',
    'test/{cursor-types,generation,keys,out-of-sight,rewritten,sequences,slips,sqlite-keys,standby,sync,unfit-values,value-before}.test.ts',
    'test/{mariadb,postgres}-types.test.ts',
  ],
})

export default lane === 'fast' ? lanes : mergeConfig(lanes, { test: { globalSetup: ['test/servers.ts'] } })
