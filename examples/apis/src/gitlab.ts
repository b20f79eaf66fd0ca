import { env } from '@tidemark/runner/config'

// Not tried against the service.

/** The group, by its path. */
const GROUP = 'my-group'

export const gitlab = {
  source: 'rest',
  config: {
    baseUrl: 'https://gitlab.com/api/v4',
    authorization: { type: 'header', name: 'PRIVATE-TOKEN', value: env('GITLAB_TOKEN') },
    tables: {
      projects: {
        path: `/groups/${encodeURIComponent(GROUP)}/projects`,
        primaryKey: ['id'],
        params: { per_page: 100, include_subgroups: true },
        pagination: { type: 'link' },
      },
      issues: {
        path: '/projects/{partition}/issues',
        primaryKey: ['id'],
        cursor: 'updated_at',
        ordered: 'ascending',
        params: { updated_after: '{from}', order_by: 'updated_at', sort: 'asc', per_page: 100 },
        parent: { table: 'projects' },
        pagination: { type: 'link' },
        // A project without issues refuses.
        statuses: { empty: [403, 404] },
      },
      issue_notes: {
        path: '/projects/{tables.projects}/issues/{partition}/notes',
        primaryKey: ['id'],
        params: { per_page: 100 },
        parent: { table: 'issues', key: 'iid', revision: 'updated_at' },
        pagination: { type: 'link' },
      },
    },
  },
}
