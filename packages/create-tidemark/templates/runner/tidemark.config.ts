import { defineConfig } from '@tidemark/runner/config'

export default defineConfig({
  // Where backfills start; without it, at the beginning.
  // initialSyncStart: '2024-01-01',
  sources: {
    // Write the paths of your git repositories here, such as ['../shop'].
    git: { config: { repositories: [] } },
  },
})
