import { inLanes } from '../../vitest.base.ts'

export default inLanes({ slow: ['test/{bad-files,conformance,formats,odd-files,process}.test.ts'] })
