import { library } from '../../tsup.base.ts'

export default library(['src/index.ts', 'src/values.ts', 'src/engine.ts'])
