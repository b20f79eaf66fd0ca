import { deleted } from '@tidemark/core'
import { z } from 'zod'
import { bookshop } from '../source.ts'

type Book = { isbn: string; title: string; changed_at: string; gone: boolean }

export const books = bookshop.table({
  name: 'books',
  row: z.object({ isbn: z.string(), title: z.string(), changed_at: z.iso.datetime() }),
  primaryKey: ['isbn'],
  cursor: 'changed_at',
  deletions: 'reported',
  async *read({ client, from, to, signal }) {
    for await (const page of client.pages<Book>('/books/changes', { from: from ?? '', to }, signal)) {
      yield page.filter((book) => !book.gone)
      yield deleted(page.filter((book) => book.gone).map(({ isbn, changed_at }) => ({ isbn, changed_at })))
    }
  },
})
