// What `config show` says; it imports nothing, because the page uses it, too.

/** A setting, and where its value comes from. */
export interface ConfigSetting {
  /** `sources.shop.config.token`. */
  readonly path: string
  /** As JSON; a secret is `***`. */
  readonly value: string
  /** `line 12`, `the environment variable SHOP_TOKEN`, `default`. */
  readonly from: string
}

/** The config as Tidemark understands it; nothing is connected. Secrets and values of variables are `***`. */
export interface ConfigDocument {
  readonly project: string
  /** Null: there is no file, and every setting has its default. */
  readonly file: string | null
  /** What is wrong with it, all at once; null: nothing. */
  readonly problem: string | null
  /** For people; null where it cannot be told. */
  readonly destination: string | null
  readonly settings: readonly ConfigSetting[]
  readonly sources: readonly ConfigSource[]
}

export interface ConfigSource {
  readonly name: string
  readonly package: string
  readonly version: string
  /** `incomplete`: its package is installed, and settings are missing; `broken`: its package cannot be loaded; `unchecked`: the config is wrong. */
  readonly state: 'configured' | 'incomplete' | 'off' | 'broken' | 'unchecked'
  readonly problems: readonly string[]
  /** Defaults of the source, for what the config does not say. */
  readonly settings: readonly ConfigSetting[]
  /** What to paste into the config for it; null where its package cannot be loaded. */
  readonly snippet: string | null
}
