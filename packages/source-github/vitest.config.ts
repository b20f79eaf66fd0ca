import { inLanes } from '../../vitest.base.ts'

export default inLanes({ slow: ['test/{alone,commits,conformance,failures,rows,runs}.test.ts'] })
