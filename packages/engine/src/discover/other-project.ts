import { SyncError } from '@tidemark/core'
import { projectName, quotedCommand, type TableState } from '@tidemark/core/engine'

/** Why a table that another project syncs is left alone. */
export function otherProject({ name, source, project }: TableState): SyncError {
  return new SyncError(
    `"${name}" is a table of another project (${projectName(project ?? '')}), which syncs it into this database; give this project tables of its own with a "namespace" in the config, such as namespace: "second"; if this project replaces the other one, ${quotedCommand('sync', [source], '--take-over')} takes over its tables`,
    'fix-config',
    { code: 'other-project' },
  )
}
