import { inLanes } from '../../vitest.base.ts'

export default inLanes({ slow: ['test/{alone,bad-input,conformance,dead-endpoint}.test.ts'] })
