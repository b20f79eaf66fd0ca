import { fileURLToPath } from 'node:url'
import { spawn } from '@lydell/node-pty'
import xterm from '@xterm/headless'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

export interface PtyOptions {
  readonly cwd: string
  readonly columns?: number
  readonly rows?: number
  readonly environment?: Record<string, string>
  /** Leads stdout into this file, so that only stderr is the terminal. */
  readonly stdoutTo?: string
}

/** `tidemark` in a real terminal: a pseudo-terminal, and an emulator that shows what a person would see. */
export interface Pty {
  /** The lines on the screen, without empty ones at its end. */
  lines(): Promise<readonly string[]>
  /** All lines, also those that have scrolled away. */
  everything(): Promise<readonly string[]>
  /** What was written, as it came. */
  written(): string
  isCursorShown(): boolean
  type(keys: string): void
  /** As a terminal does it: it breaks its lines again, then says its new size. Nothing is on its way meanwhile. */
  resize(columns: number, rows: number): Promise<void>
  /** Waits until the screen looks so. */
  until(looks: (lines: readonly string[]) => boolean, what: string): Promise<readonly string[]>
  readonly ended: Promise<{ readonly code: number }>
}

export function inTerminal(
  args: readonly string[],
  { cwd, columns = 100, rows = 30, environment, stdoutTo }: PtyOptions,
): Pty {
  const { PATH = '', HOME = '' } = process.env
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 5000 })
  const [file, own] =
    stdoutTo === undefined
      ? [process.execPath, [main, ...args]]
      : ['sh', ['-c', 'out=$1; shift; exec "$@" > "$out"', 'sh', stdoutTo, process.execPath, main, ...args]]
  const child = spawn(file, own, {
    cwd,
    cols: columns,
    rows,
    name: environment?.['TERM'] ?? 'xterm-256color',
    env: { PATH, HOME, ...environment },
  })
  let written = ''
  let isRunning = true
  child.onData((data) => {
    written += data
    screen.write(data)
  })
  const ended = new Promise<{ code: number }>((resolve) =>
    child.onExit(({ exitCode }) => {
      isRunning = false
      resolve({ code: exitCode })
    }),
  )
  onTestFinished(() => {
    if (isRunning) child.kill('SIGKILL')
    screen.dispose()
  })
  // The emulator takes its time: what was written before this is on the screen when it answers.
  const settled = (): Promise<void> => new Promise((resolve) => screen.write('', resolve))
  const linesFrom = async (first: number): Promise<readonly string[]> => {
    await settled()
    const { buffer } = screen
    const start = first < 0 ? buffer.active.baseY : first
    const lines: string[] = []
    for (let y = start; y < buffer.active.length; y++)
      lines.push(buffer.active.getLine(y)?.translateToString(true) ?? '')
    while (lines.at(-1) === '') lines.pop()
    return lines
  }
  const pty: Pty = {
    lines: () => linesFrom(-1),
    everything: () => linesFrom(0),
    written: () => written,
    isCursorShown: () => written.lastIndexOf('\u001b[?25h') >= written.lastIndexOf('\u001b[?25l'),
    type: (keys) => child.write(keys),
    async resize(to, high) {
      process.kill(child.pid, 'SIGSTOP')
      await new Promise((resolve) => setTimeout(resolve, 100))
      await settled()
      screen.resize(to, high)
      child.resize(to, high)
      process.kill(child.pid, 'SIGCONT')
    },
    async until(looks, what) {
      const until = Date.now() + 60_000
      for (;;) {
        const lines = await pty.lines()
        if (looks(lines)) return lines
        if (Date.now() > until) throw new Error(`never ${what}; the screen is:\n${lines.join('\n')}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    ended,
  }
  return pty
}
