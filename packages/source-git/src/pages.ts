const SIZE = 1000

/** Gathers rows, however they come, into pages. */
export async function* pages<Row>(rows: AsyncIterable<Iterable<Row>>): AsyncGenerator<readonly Row[]> {
  let page: Row[] = []
  for await (const some of rows) {
    for (const row of some) {
      page.push(row)
      if (page.length < SIZE) continue
      yield page
      page = []
    }
  }
  if (page.length > 0) yield page
}
