import { inLanes } from '../../vitest.base.ts'

export default inLanes({ slow: ['test/{bad-input,conformance}.test.ts'] })
