/**
 * Keeps secrets that a source was given in exchange for others and that must outlive the run, such as a refresh token that
 * works once. They are never part of the state.
 */
export interface SecretStore {
  /**
   * Runs work that may exchange a secret, and lets no other runner exchange the same one meanwhile.
   *
   * @param name which secret; other sources have others under the same name.
   * @param work is given the secret that was kept last, if any, and what keeps a new one.
   */
  exchange<T>(
    name: string,
    work: (kept: string | undefined, keep: (secret: string) => Promise<void>) => Promise<T>,
  ): Promise<T>
}
