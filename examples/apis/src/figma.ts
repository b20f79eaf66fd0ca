import { env } from '@tidemark/runner/config'

// Tried against a server that answers by Figma's published API description; not against the service itself.

/** The team, as in the address of its page. */
const TEAM = '1234567890'

export const figma = {
  source: 'rest',
  config: {
    baseUrl: 'https://api.figma.com/v1',
    authorization: { type: 'header', name: 'X-Figma-Token', value: env('FIGMA_TOKEN') },
    rate: { requests: 10, seconds: 60 },
    tables: {
      projects: { path: `/teams/${TEAM}/projects`, rows: 'projects', primaryKey: ['id'] },
      files: {
        path: '/projects/{partition}/files',
        rows: 'files',
        primaryKey: ['key'],
        parent: { table: 'projects' },
      },
      comments: {
        path: '/files/{partition}/comments',
        rows: 'comments',
        primaryKey: ['id'],
        parent: { table: 'files', key: 'key' },
      },
      // A new version moves the file's time of change.
      versions: {
        path: '/files/{partition}/versions',
        rows: 'versions',
        primaryKey: ['id'],
        params: { page_size: 50 },
        parent: { table: 'files', key: 'key', revision: 'last_modified' },
        pagination: { type: 'next_url', at: 'pagination.next_page' },
      },
      components: {
        path: `/teams/${TEAM}/components`,
        rows: 'meta.components',
        primaryKey: ['key'],
        params: { page_size: 1000 },
        pagination: { type: 'cursor', at: 'meta.cursor.after', parameter: 'after' },
      },
    },
  },
}
