import type { GitHub } from './github-client.ts'

/** The end of what can be read now, by GitHub's own clock. */
export const endOf = (client: GitHub): string => client.now().toISOString()
