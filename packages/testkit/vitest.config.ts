import { inLanes } from '../../vitest.base.ts'

export default inLanes({
  slow: [
    'test/{alone,clock-jump,deletion-limit,differential,encodings,full-disk,hostile-text,locks,memory,missing-partitions,move,moving-rows,names-clash,postgres,reject-limit,released-states,source-laws,undeclared,unread,verify,wrong-destinations}.test.ts',
  ],
  crash: ['test/crash-*.test.ts'],
})
