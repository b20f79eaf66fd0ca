import { inLanes } from '../../vitest.base.ts'

export default inLanes({ slow: ['test/{alone,commits,conformance,coverage,memory,process,revision}.test.ts'] })
