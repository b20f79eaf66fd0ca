import type { EventLog, LogFields } from '@tidemark/core/engine'
import type { RunEvent } from '@tidemark/engine'
import { openScreen } from '../screen.ts'
import { runLines, tableText } from './run-lines.ts'
import { RunFollower } from './run-view.ts'
import { coloured } from './tone.ts'
import { cut } from './width.ts'

const EVERY_MS = 30_000
const FRAME_MS = 100

export interface Progress {
  readonly onEvent: (event: RunEvent) => void
  /** The log for the run: its messages about waits are shown. */
  readonly log: EventLog
  stop(): void
}

export interface ProgressOptions {
  /** The terminal to draw on; undefined: a line for each table with progress, every half minute. */
  readonly screen: NodeJS.WriteStream | undefined
  readonly say: (line: string, fields: LogFields) => void
  readonly log: EventLog
  readonly redact: (text: string) => string
}

/** Shows the progress of a run: drawn in a terminal, as plain lines for a log. */
export function followProgress({ screen: stream, say, log, redact }: ProgressOptions): Progress {
  const follower = new RunFollower()
  const now = (): number => performance.now()
  const ends = stream === undefined ? sayNowAndThen(follower, say) : drawOn(stream, follower, redact)
  const heard =
    (level: 'debug' | 'info' | 'warn') =>
    (message: string, fields: LogFields): void => {
      const { source, waitMs, tracking, event } = fields
      if (typeof source === 'string' && typeof waitMs === 'number') follower.waits(source, waitMs, now())
      // Messages of a thousand known tables, or of each retry, would push everything else off the screen, and each table has
      // its line there.
      const isOnScreen = stream !== undefined && (tracking === 'known' || event === 'step-retried')
      log[isOnScreen ? 'debug' : level](message, fields)
    }
  return {
    onEvent: (event) => follower.take(event, now()),
    log: { debug: heard('debug'), info: heard('info'), warn: heard('warn') },
    stop: ends,
  }
}

function drawOn(stream: NodeJS.WriteStream, follower: RunFollower, redact: (text: string) => string): () => void {
  const startedAt = performance.now()
  const screen = openScreen(stream, (size) => {
    const view = follower.view(performance.now())
    const asking = `Discovering tables, ${Math.floor((performance.now() - startedAt) / 1000)} s`
    const lines = view.planned === 0 ? [cut(asking, size.columns - 1)] : runLines(view, size)
    return lines.map((line) => coloured(redact(line), true))
  })
  const timer = setInterval(screen.draw, FRAME_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
    screen.close('clear')
  }
}

/** A line for each table with progress, every half minute: for logs, where nothing can be redrawn. */
function sayNowAndThen(follower: RunFollower, say: (line: string, fields: LogFields) => void): () => void {
  const before = new Map<string, string>()
  const tick = (): void => {
    for (const table of follower.view(performance.now()).tables) {
      const moved = `${table.state} ${table.index} ${table.done} ${table.rows} ${table.wait?.why}`
      if (table.index === 0 || before.get(table.name) === moved) continue
      before.set(table.name, moved)
      say(tableText(table), { event: 'table-progress', table: table.name, rows: table.rows })
    }
  }
  const timer = setInterval(tick, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
