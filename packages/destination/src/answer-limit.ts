import { getHeapStatistics } from 'node:v8'

/** How many bytes an answer may have that is held as a whole: it is there once more as the text that is printed. To ask V8 takes two milliseconds. */
export function answerLimit(): number {
  return getHeapStatistics().heap_size_limit / 8
}
