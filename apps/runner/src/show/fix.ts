import type { Remedy } from '@tidemark/core'
import type { CommandText } from '@tidemark/core/engine'
import { errorAddress } from './error-address.ts'
import type { Fix } from './fix-text.ts'

/** A failure as a run reports it, or as the state keeps it. */
export interface Failed {
  /** The table's name in the destination; undefined: a source, or the run. */
  readonly table?: string | undefined
  /** The source that failed, or that of the table. */
  readonly source?: string | undefined
  readonly message: string
  readonly remedy: Remedy
  readonly code: string | undefined
}

const REMEDY_TEXTS: Readonly<Record<Remedy, string>> = {
  retry: 'will be tried again at the next run',
  'fix-config': 'correct the config',
  'fix-source': 'a bug in the source: tell its author',
  upgrade: 'install a newer version',
}

/** Failures of tables that have no name in the database, or not the right one. */
const NAMELESS: ReadonlySet<string | undefined> = new Set(['alias', 'clash', 'other-project'])

/** The way out of a failure: what its code and its message ask for, else its remedy. One place, for every surface. */
export function fixOf({ table, source, message, remedy, code }: Failed, command: CommandText): Fix {
  const see = errorAddress({ code, remedy })
  // What the table is called when this is put right is not known yet.
  const name = NAMELESS.has(code) ? (source ?? table) : (table ?? source)
  const named = name === undefined ? [] : [name]
  const sync = command('sync', named)
  if (code === 'deletion-limit')
    return {
      what: 'look whether those rows are gone at the source',
      when: 'if it is right',
      command: command('sync', named, '--accept-deletions'),
      see,
    }
  if (table !== undefined && /\bresync\b.*--full/.test(message))
    return {
      what:
        code === 'table-changed'
          ? 'undo the change, or read the table again from its start'
          : 'put it back as it was, or read the table again from its start',
      when: 'to read it again',
      command: command('resync', named, '--full'),
      see,
    }
  if (table !== undefined && code === 'reject-limit')
    return {
      what: 'correct the source, or its config, so that the rows fit',
      when: 'to see why they do not',
      command: command('rejects list', named),
      see,
    }
  if (code === 'no-answer-yet')
    return {
      what: 'wait until it answers or is given up, and see why it does not answer',
      when: 'to see what it says',
      command: command('check'),
      see,
    }
  if (code === 'held' || code === 'fenced')
    return { what: 'wait for the other runner', when: 'then', command: sync, see }
  return { what: REMEDY_TEXTS[remedy], when: remedy === 'retry' ? 'at once' : 'then', command: sync, see }
}

/** The way out where a table waits for a decision. */
export function decisionOn(table: string, command: CommandText): Fix {
  return {
    what: 'put its source, or its table, back as it was, or read it again from its start',
    when: 'to read it again',
    command: command('resync', [table], '--full'),
    see: errorAddress({ code: 'paused', remedy: 'fix-config' }),
  }
}
