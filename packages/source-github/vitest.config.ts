import { inLanes } from '../../vitest.base.ts'

export default inLanes({ slow: ['test/{commits,conformance,failures,rows,runs}.test.ts'] })
