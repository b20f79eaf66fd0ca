import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'

// What says where git finds its own configuration stays: `safe.directory` can only be set there.
const KEPT_VARIABLES =
  /^GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|EXEC_PATH|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM)$/

/**
 * The environment git runs in: that of the process, without what a hook or a shell left in it (`GIT_DIR`,
 * `GIT_OBJECT_DIRECTORY`, …), so that the same repository always gives the same rows.
 */
export function environment(outer: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(outer).filter(
    ([name]) => !name.toUpperCase().startsWith('GIT_') || KEPT_VARIABLES.test(name),
  )
  return {
    ...Object.fromEntries(inherited),
    // The English text of errors distinguishes them.
    LC_ALL: 'C',
    LANGUAGE: '',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    // A commit is what its object says, not what `git replace` or a grafts file makes of it.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: devNull,
    // Nor do the attributes of what happens to be checked out change it: git finds them in the index.
    GIT_INDEX_FILE: join(tmpdir(), 'there-is-no-such-folder', 'index'),
    GIT_ATTR_NOSYSTEM: '1',
    // A partial clone must not start to fetch objects one by one; the second is for a git that does not know the first.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
  }
}
