const SIZE = 1000
/** A page is as long, too, where its rows have about so many characters. */
const CHARACTERS = 4 * 1024 * 1024

/** Gathers rows, however they come, into pages. @param lengthOf how many characters a row has, where that may be many. */
export async function* pages<Row>(
  rows: AsyncIterable<Iterable<Row>>,
  lengthOf: (row: Row) => number = () => 0,
): AsyncGenerator<readonly Row[]> {
  let page: Row[] = []
  let length = 0
  for await (const some of rows) {
    for (const row of some) {
      page.push(row)
      length += lengthOf(row)
      if (page.length < SIZE && length < CHARACTERS) continue
      yield page
      page = []
      length = 0
    }
  }
  if (page.length > 0) yield page
}
