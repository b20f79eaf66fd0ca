import { z } from 'zod'

/** A row of ten columns as systems have them: integers, texts, a double, a boolean, two timestamps, a json. */
export const Row = z.object({
  id: z.int(),
  customer_id: z.int(),
  email: z.string(),
  status: z.string(),
  note: z.string().nullable(),
  amount: z.number(),
  paid: z.boolean(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  tags: z.unknown(),
})
export type Row = z.infer<typeof Row>

const START = Date.UTC(2024, 0, 1)
const STATUSES = ['open', 'paid', 'shipped', 'returned'] as const

/** The same row for the same number, ten a second of the cursor. */
export function rowOf(n: number): Row {
  const at = new Date(START + n * 100).toISOString()
  return {
    id: n,
    customer_id: (n * 7919) % 100_003,
    email: `customer-${(n * 7919) % 100_003}@example.com`,
    status: STATUSES[n % 4] ?? 'open',
    note: n % 3 === 0 ? null : `order ${n} came in by post`,
    amount: (n % 100_000) / 100,
    paid: n % 2 === 0,
    created_at: at,
    updated_at: at,
    tags: n % 5 === 0 ? ['vip', `batch-${n % 17}`] : [],
  }
}

/** Pages of rows from `from` up to `to`, made as they are asked for. */
export function* pagesOf(from: number, to: number, size = 1000): Generator<Row[]> {
  for (let start = from; start < to; start += size) {
    yield Array.from({ length: Math.min(size, to - start) }, (_, at) => rowOf(start + at))
  }
}
