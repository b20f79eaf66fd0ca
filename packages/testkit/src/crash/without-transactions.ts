import { DatabaseSync } from 'node:sqlite'

/**
 * Takes the transactions away from every SQLite database of this process: each statement commits by itself. This is
 * the negative control of the harness: whoever checks for lost and doubled rows must find some with a writer like this.
 */
export function withoutTransactions(): void {
  const { prepare, exec } = DatabaseSync.prototype
  const isBracket = (text: string): boolean => /^\s*(begin|commit|rollback|savepoint|release)\b/i.test(text)
  DatabaseSync.prototype.prepare = function (text, ...more) {
    return prepare.call(this, isBracket(text) ? 'select 1 where false' : text, ...more)
  }
  DatabaseSync.prototype.exec = function (text) {
    if (!isBracket(text)) exec.call(this, text)
  }
}
