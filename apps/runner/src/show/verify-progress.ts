import type { VerifyProgress } from '@tidemark/engine'
import { openScreen } from '../screen.ts'
import { everySoOften } from './every-so-often.ts'
import { countText, plural, roughly } from './numbers.ts'
import { coloured } from './tone.ts'
import { cut } from './width.ts'

export interface VerifyScreen {
  readonly onProgress: (progress: VerifyProgress) => void
  stop(): void
}

export interface VerifyScreenOptions {
  readonly table: string
  /** Whether lines can be redrawn on stderr. */
  readonly isDrawn: boolean
  readonly say: (line: string) => void
  readonly redact: (text: string) => string
}

const FRAME_MS = 100

/** Shows how far a comparison is: a line that is redrawn in a terminal, else a line at its start and every half minute. */
export function followVerify({ table, isDrawn, say, redact }: VerifyScreenOptions): VerifyScreen {
  const startedAt = performance.now()
  let progress: (VerifyProgress & { readonly since: number }) | undefined
  const line = (): string => {
    const elapsed = `${Math.floor((performance.now() - startedAt) / 1000)} s`
    if (progress === undefined) return `${table}: asks its source what to compare, ${elapsed}`
    const { done, of, rows, since } = progress
    const spentMs = performance.now() - since
    const left = done === 0 || done === of ? '' : `, about ${roughly((spentMs / done) * (of - done))} left`
    const windows = `${countText(done)} of ${plural(of, 'window')} compared`
    return `${table}: ${windows}, ${plural(rows, 'row')} read, ${elapsed}${left}`
  }
  const take = (now: VerifyProgress): void => {
    // After a repair, what differed is compared once more, from 0 on.
    const isAgain = progress === undefined || now.done < progress.done
    progress = { ...now, since: isAgain ? performance.now() : progress!.since }
  }
  if (!isDrawn) {
    const later = everySoOften(say)
    say(line())
    const onProgress = (now: VerifyProgress): void => {
      take(now)
      later(line())
    }
    return { onProgress, stop: () => {} }
  }
  const screen = openScreen(process.stderr, ({ columns }) => [coloured(cut(redact(line()), columns - 1), true)])
  screen.draw()
  const timer = setInterval(screen.draw, FRAME_MS)
  timer.unref()
  return {
    onProgress: take,
    stop() {
      clearInterval(timer)
      screen.close('clear')
    },
  }
}
