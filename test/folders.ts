import { posix } from 'node:path'

/**
 * Which folders of a package a folder of it may import: arrows point one way. Files beside the folders may import all and be
 * imported by all; a folder that is not named here is a mistake.
 */
const FOLDERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  // What authors see knows nothing of how it is stored.
  core: {
    values: [],
    contract: ['values'],
    store: ['contract', 'values'],
  },
  engine: {
    time: [],
    failure: [],
    config: [],
    schedule: ['time'],
    source: ['schedule', 'failure', 'time'],
    discover: ['source', 'config', 'failure', 'time'],
    plan: ['discover', 'config', 'failure', 'time'],
    report: ['plan', 'discover', 'failure', 'time'],
    read: ['report', 'plan', 'discover', 'source', 'failure', 'time'],
    lease: ['time'],
    run: ['read', 'report', 'plan', 'discover', 'source', 'schedule', 'lease', 'config', 'failure', 'time'],
    feed: ['run', 'read', 'report', 'plan', 'discover', 'source', 'schedule', 'lease', 'config', 'failure', 'time'],
    commands: ['feed', 'run', 'read', 'report', 'plan', 'discover', 'source', 'schedule', 'lease', 'failure', 'time'],
  },
  // A kind of database knows the others not, and nobody but `open.ts` knows a kind.
  destination: {
    files: [],
    values: [],
    state: ['values'],
    table: ['state', 'values'],
    // What workers on several machines share knows no kind of database: its connections are handed in.
    queue: ['values'],
    dialects: ['queue', 'table', 'state', 'values'],
    rows: ['dialects', 'table', 'state', 'values'],
    compare: ['rows', 'dialects', 'table', 'state', 'values'],
    relocate: ['compare', 'rows', 'dialects', 'table', 'state', 'values'],
    'dialects/*': ['queue', 'relocate', 'compare', 'rows', 'dialects', 'table', 'state', 'values', 'files'],
  },
}
const OPENS = 'packages/destination/src/open.ts'

/** Checks an import within a package. @returns the rules that it breaks. */
export function folderRules(name: string, path: string, target: string): readonly string[] {
  const folders = FOLDERS[name]
  if (folders === undefined) return []
  const [from, to] = [folderOf(path), folderOf(target)]
  const kind = to?.startsWith('dialects/') === true && from !== to
  if (kind && path !== OPENS)
    return [`imports ${to}/${posix.basename(target)}, which only ${posix.basename(OPENS)} knows`]
  if (from === undefined || to === undefined || from === to) return []
  const allowed = folders[from.startsWith('dialects/') ? 'dialects/*' : from]
  if (allowed === undefined) return [`lies in ${from}, which has no arrows yet`]
  return allowed.includes(to)
    ? []
    : [
        `imports ${to}/${posix.basename(target)}, but of ${name} ${from} imports ${allowed.join(', ') || 'no folder'} alone`,
      ]
}

/** The folder of a file below `src`; undefined where it lies beside the folders. */
function folderOf(path: string): string | undefined {
  const parts = path.split('/src/')[1]?.split('/').slice(0, -1) ?? []
  return parts.length === 0 ? undefined : parts.slice(0, parts[0] === 'dialects' ? 2 : 1).join('/')
}
