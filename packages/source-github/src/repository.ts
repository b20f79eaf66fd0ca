import { SyncError } from '@tidemark/core'
import type { RawRepository } from './raw.ts'

/** A repository that was found. Its id stays what it is when the repository is renamed or moves to another owner. */
export interface Found {
  readonly id: string
  readonly found: RawRepository
}

/** A name in the config that leads nowhere: a partition of its own, so that it fails alone and says why. */
export interface Missing {
  readonly id: string
  readonly found: undefined
  readonly problem: string
}

export type Repository = Found | Missing

/** The repository. @throws SyncError `fix-config` where its name in the config leads nowhere. */
export function foundIn(repository: Repository): RawRepository {
  if (repository.found !== undefined) return repository.found
  throw new SyncError(repository.problem, 'fix-config', { code: 'no-repository' })
}

/** The path of something of a repository, by its name of today. */
export function pathOf(repository: Repository, rest: string): string {
  return `/repos/${foundIn(repository).full_name}/${rest}`
}
