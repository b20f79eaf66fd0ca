import type { Remedy } from '@tidemark/core'
import { type CommandText, isLeftOut, isPausedBy } from '@tidemark/core/engine'
import { errorAddress } from './error-address.ts'
import type { Fix } from './fix-text.ts'

/** A failure as a run reports it, or as the state stores it. */
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
  retry: 'the next run tries again',
  'fix-config': 'correct the config',
  'fix-source': 'a bug in the source: report it to its author',
  upgrade: 'install a newer version',
}

/** Failures of tables that have no name in the database, or a wrong one. */
const NAMELESS: ReadonlySet<string | undefined> = new Set(['alias', 'clash', 'other-project'])

/** What only a new start of the table fixes says so. */
const MENTIONS_FULL = /\bresync\b.*--full/

/** How to fix a failure, by its code and message, else by its remedy. The only place, for every output. */
export function fixOf({ table, source, message, remedy, code }: Failed, command: CommandText): Fix {
  const see = errorAddress({ code, remedy })
  // The name of the table after the fix is not known yet.
  const name = NAMELESS.has(code) ? (source ?? table) : (table ?? source)
  const named = name === undefined ? [] : [name]
  const sync = command('sync', named)
  if (code === 'deletion-limit')
    return {
      what: 'check whether those rows were deleted at the source',
      when: 'if the deletions are right',
      command: command('sync', named, '--accept-deletions'),
      see,
    }
  if (table !== undefined && MENTIONS_FULL.test(message))
    return {
      what:
        code === 'table-changed'
          ? 'undo the change, or sync the table again from its start'
          : 'restore it as it was, or sync the table again from its start',
      when: 'to sync it again',
      command: command('resync', named, '--full'),
      see,
    }
  if (table !== undefined && code === 'reject-limit')
    return {
      what: 'correct the source or its config so that its rows match the schema',
      when: 'to see why its rows are rejected',
      command: command('rejects list', named),
      see,
    }
  if (table !== undefined && code === 'offset')
    return {
      what: 'install a version of the source that reads the offset which is stored',
      when: 'to have its feed read again from the beginning instead',
      command: command('resync', named),
      see,
    }
  if (code === 'no-answer-yet')
    return {
      what: 'wait until it answers or times out, and find out why it does not answer',
      when: 'to test it',
      command: command('check'),
      see,
    }
  if (code === 'held' || code === 'fenced')
    return { what: 'wait for the other runner', when: 'then', command: sync, see }
  return { what: REMEDY_TEXTS[remedy], when: remedy === 'retry' ? 'to do it now' : 'then', command: sync, see }
}

/** How to have a feed read again from its beginning: by any of its tables. */
export function feedAgain(table: string, command: CommandText): Fix {
  return {
    what: 'correct what their failure or pause names, then have the feed read again',
    when: 'to do that',
    command: command('resync', [table]),
    see: errorAddress({ code: 'paused', remedy: 'fix-config' }),
  }
}

/** A table that waits for a decision, and why. */
export interface Paused {
  readonly name: string
  readonly pausedFor: string
}

/** How to resume a paused table. The rows of one whose feed continues without it stay. */
export function decisionOn({ name, pausedFor }: Paused, command: CommandText): Fix {
  const see = errorAddress({ code: 'paused', remedy: 'fix-config' })
  if (isPausedBy(pausedFor))
    return { what: 'no run reads it until it is resumed', when: 'to do that', command: command('resume', [name]), see }
  if (isLeftOut(pausedFor) && !MENTIONS_FULL.test(pausedFor))
    return {
      what: 'correct what it names, in the source, its config or the database, then have its feed read again',
      when: 'to do that',
      command: command('resync', [name]),
      see,
    }
  return {
    what: 'restore its source or its table as it was, or sync it again from its start',
    when: 'to sync it again',
    command: command('resync', [name], '--full'),
    see,
  }
}
