import { getHeapStatistics } from 'node:v8'

/** How many bytes an answer may have that is held as a whole: it is there once more as the text that is printed. */
export function answerLimit(): number {
  return getHeapStatistics().heap_size_limit / 8
}
