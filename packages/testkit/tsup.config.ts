import { library } from '../../tsup.base.ts'

// The processes that laws and the crash harness start and kill are files of their own.
export default library([], {
  entry: {
    index: 'src/index.ts',
    child: 'src/source/child.ts',
    'crash-harness': 'src/crash-harness.ts',
    'crash/victim': 'src/crash/victim.ts',
  },
})
