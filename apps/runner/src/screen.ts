import { createLogUpdate } from 'log-update'
import { plain } from './show/plain.ts'
import type { ScreenSize } from './show/run-lines.ts'
import { widthOf } from './show/width.ts'

/** Lines at the bottom of a terminal that are redrawn in place, while all other output scrolls above them. */
export interface Screen {
  /** Redraws the lines. They are also redrawn when the terminal changes its size. */
  draw(): void
  /** Removes the lines, or leaves them, and releases the terminal. */
  close(end: 'clear' | 'keep'): void
}

type Write = typeof process.stdout.write

const UP_AND_ERASE = '\u001b[1A\u001b[2K'
const BEGIN_FRAME = '\u001b[?2026h'
const END_FRAME = '\u001b[?2026l'
const FRAMES = /\u001b\[\?2026[hl]/g
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'

/**
 * Takes over a terminal and draws the lines that `show` returns. All other output, also that of a source, appears above
 * them; text is buffered until its line ends.
 */
export function openScreen(
  stream: NodeJS.WriteStream,
  show: (size: ScreenSize) => readonly string[],
  atExit: 'clear' | 'keep' = 'clear',
): Screen {
  const write = stream.write.bind(stream)
  let held: string[] | undefined
  const send = (text: string): boolean => (held === undefined ? write(text) : held.push(text) > 0)
  const own = Object.create(stream, { write: { value: send } }) as NodeJS.WriteStream
  const update = createLogUpdate(own, { showCursor: true })
  let lines: readonly string[] = []
  let drawnIn = stream.columns

  /** One write for everything, to avoid flicker. */
  const atOnce = (work: () => void): void => {
    held = []
    work()
    const text = held.join('').replace(FRAMES, '')
    held = undefined
    if (text !== '') write(`${BEGIN_FRAME}${text}${END_FRAME}`)
  }
  const put = (): void => update(lines.join('\n'))
  const draw = (): void => {
    // The resize signal arrives late; lines drawn for the old size would wrap.
    if (refreshed()) return
    atOnce(() => {
      clearBroken()
      lines = show({ columns: stream.columns || 80, rows: stream.rows || 24 })
      put()
    })
  }
  /** Whether the size had changed; its listener has redrawn already. */
  const refreshed = (): boolean => {
    const [columns, rows] = [stream.columns, stream.rows]
    const { _refreshSize: refresh } = stream as { readonly _refreshSize?: () => void }
    refresh?.call(stream)
    return stream.columns !== columns || stream.rows !== rows
  }
  /** The terminal wrapped long lines when it became narrower: they now take more rows than when they were drawn. */
  const clearBroken = (): void => {
    const broken = stream.columns < drawnIn ? lines.reduce((sum, line) => sum + rowsMore(line, stream.columns), 0) : 0
    drawnIn = stream.columns
    if (broken === 0) return
    update.clear()
    send(`${UP_AND_ERASE.repeat(broken)}\r`)
  }
  const above = (text: string): void =>
    atOnce(() => {
      clearBroken()
      update.clear()
      send(text)
      if (lines.length > 0) put()
    })
  const unhook = [process.stdout, process.stderr].filter((one) => one.isTTY).map((one) => hook(one, above))
  const close = (end: 'clear' | 'keep'): void => {
    process.removeListener('exit', leave)
    stream.removeListener('resize', draw)
    if (end === 'clear') update.clear()
    write(SHOW_CURSOR)
    for (const one of unhook) one()
  }
  // However the process ends, restore the terminal.
  const leave = (): void => close(atExit)
  process.once('exit', leave)
  stream.on('resize', draw)
  write(HIDE_CURSOR)
  return { draw, close }
}

function rowsMore(line: string, columns: number): number {
  return Math.max(0, Math.ceil(widthOf(line) / columns) - 1)
}

/** Redirects all other output to above the lines. @returns a function that stops it. */
function hook(stream: NodeJS.WriteStream, above: (text: string) => void): () => void {
  const before = stream.write
  let rest = ''
  stream.write = ((chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
    const text = rest + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
    const end = text.lastIndexOf('\n') + 1
    rest = text.slice(end)
    if (end > 0) above(keepColours(text.slice(0, end)))
    const callback = typeof encoding === 'function' ? encoding : done
    if (typeof callback === 'function') queueMicrotask(() => (callback as () => void)())
    return true
  }) as Write
  return () => {
    stream.write = before
    if (rest !== '') stream.write(`${keepColours(rest)}\n`)
  }
}

const COLOUR = /(\u001b\[[\d;]*m)/

/** Removes cursor movements; keeps colours. */
function keepColours(text: string): string {
  return text
    .split(COLOUR)
    .map((piece, at) => (at % 2 === 1 ? piece : plain(piece)))
    .join('')
}
