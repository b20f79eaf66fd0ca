import { inLanes } from '../../vitest.base.ts'

export default inLanes({
  slow: ['test/{differential,full-disk,move,postgres,released-states,source-laws,verify,wrong-destinations}.test.ts'],
  crash: ['test/crash-*.test.ts'],
})
