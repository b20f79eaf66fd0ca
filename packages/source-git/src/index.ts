import { register } from '@tidemark/core'
import { git } from './source.ts'
import { commitFiles } from './tables/commit-files.ts'
import { commits } from './tables/commits.ts'
import { refs } from './tables/refs.ts'

export default register(git.with([commits, commitFiles, refs]))
