import { defineConfig } from '@tidemark/runner/config'
import files from '@tidemark/source-files'

export default defineConfig({
  // Where the rows go; without it, into data/tidemark.db.
  // destination: 'postgres://me@localhost/warehouse?schema=tidemark',
  sources: {
    // Two orders to begin with. Add files beside them, or put your own source in their place.
    shop: files.configure({ tables: { orders: { path: 'exports/orders-*.csv', primaryKey: ['id'] } } }),
  },
})
