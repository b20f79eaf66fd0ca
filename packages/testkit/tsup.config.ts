import { library } from '../../tsup.base.ts'

// `child` is the process that laws start and kill.
export default library([], { entry: { index: 'src/index.ts', child: 'src/source/child.ts' } })
