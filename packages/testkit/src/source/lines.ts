import type { Logger } from '@tidemark/core'
import { textOf } from './row-text.ts'

/** Keeps what a source says. */
export class Lines implements Logger {
  readonly lines: string[] = []

  debug(message: string, fields?: object): void {
    this.#add(message, fields)
  }
  info(message: string, fields?: object): void {
    this.#add(message, fields)
  }
  warn(message: string, fields?: object): void {
    this.#add(message, fields)
  }

  #add(message: string, fields: object | undefined): void {
    this.lines.push(fields === undefined ? message : `${message} ${textOf(fields)}`)
  }
}
