import { inLanes } from '../../vitest.base.ts'

export default inLanes({ slow: ['test/verify.test.ts'], crash: ['test/model{,-hard}.test.ts'] })
