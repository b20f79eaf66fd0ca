import { register } from '@tidemark/core'
import { bookshop } from './source.ts'
import { books } from './tables/books.ts'
import { customerEvents } from './tables/customers.ts'
import { ledger } from './tables/ledger.ts'
import { loans } from './tables/loans.ts'
import { orders } from './tables/orders.ts'
import { payments } from './tables/payments.ts'

export default register(bookshop.with([books, customerEvents, ledger, loans, orders, payments]))
