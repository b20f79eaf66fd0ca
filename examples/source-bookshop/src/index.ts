import { register } from '@tidemark/core'
import { bookshop } from './source.ts'
import { books } from './tables/books.ts'
import { ledger } from './tables/ledger.ts'
import { loans } from './tables/loans.ts'
import { orders } from './tables/orders.ts'
import { payments } from './tables/payments.ts'

export default register(bookshop.with([books, ledger, loans, orders, payments]))
