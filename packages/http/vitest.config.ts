import { inLanes } from '../../vitest.base.ts'

export default inLanes({ slow: ['test/stopping.test.ts'] })
