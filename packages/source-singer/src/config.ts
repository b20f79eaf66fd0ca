import { COLUMN_TYPES, secret } from '@tidemark/core'
import { z } from 'zod'

/** The ways in which a tap can be asked for a stream. */
export const METHODS = ['FULL_TABLE', 'INCREMENTAL', 'LOG_BASED'] as const
export type Method = (typeof METHODS)[number]

/** A value of JSON in which every text is a secret. */
const SecretValue: z.ZodType = z.lazy(() =>
  z.union([secret(), z.number(), z.boolean(), z.null(), z.array(SecretValue), z.record(z.string(), SecretValue)]),
)

const StreamOptions = z.strictObject({
  method: z
    .enum(METHODS)
    .optional()
    .describe(
      'how the tap reads the stream, where the tap leaves the choice. Absent: the tap’s own, or as its replication keys suggest',
    ),
  replicationKey: z.string().optional().describe('the column that an `INCREMENTAL` stream is read by'),
  primaryKey: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('the columns that identify a row, where the tap names others or no columns, as for views'),
  omit: z.array(z.string()).default([]).describe('properties that the tap does not read'),
  columns: z
    .record(z.string(), z.enum(COLUMN_TYPES))
    .default({})
    .describe('types of columns, in place of those of the tap’s schema'),
  deleted: z
    .union([z.string(), z.literal(false)])
    .default('_sdc_deleted_at')
    .describe('the property whose value says that the row was deleted; `false`: no property does'),
  rowHash: z
    .boolean()
    .default(false)
    .describe(
      'of a stream without a key: make a hash of the row its key, so that a row that the tap sends again is not stored twice',
    ),
})
export type StreamOptions = z.infer<typeof StreamOptions>

const CATALOG_OPTIONS = ['--catalog', '--properties', 'none'] as const

export const SingerConfig = z
  .object({
    tap: z
      .string()
      .min(1)
      .optional()
      .describe(
        'the tap’s package on PyPI, such as `"tap-github==2.0"`, or any other requirement of pip; Tidemark installs it once',
      ),
    packages: z
      .array(z.string().min(1))
      .default([])
      .describe('more packages to install with it, such as `"setuptools<80"` for old taps'),
    command: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe(
        'in place of `tap`: a program, or a list of a program and its arguments. With `tap`: the program of the package, where it has several',
      ),
    config: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('the tap’s own config. Not for secrets: use `secrets`'),
    secrets: z
      .record(z.string(), SecretValue)
      .default({})
      .describe(
        'more of the tap’s config: values that never reach a log or an error. Objects are merged with those of `config`',
      ),
    select: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'the streams to read, by their names in the catalog; `*` stands for any text, and `!` leaves out: `["public-*", "!public-log"]`. Empty: all that the tap selects by default',
      ),
    streams: z
      .record(z.string(), StreamOptions)
      .default({})
      .describe('options of a stream, by its name in the catalog'),
    catalogOption: z
      .enum(CATALOG_OPTIONS)
      .default('--catalog')
      .describe(
        'the option by which the tap takes its catalog: old taps use `--properties`. `none`: the tap does not discover its streams',
      ),
    python: z.string().min(1).optional().describe('the Python that the tap is installed with. Absent: `python3`'),
    silenceSeconds: z
      .number()
      .positive()
      .default(600)
      .describe('how long the tap may write nothing, neither messages nor log lines, before Tidemark stops it'),
    maxLineMegabytes: z.number().positive().default(64).describe('the longest message of the tap'),
    maxMemoryMegabytes: z
      .number()
      .positive()
      .default(2048)
      .describe('the most memory that the tap and what it starts may hold, on Linux'),
    maxOtherLines: z
      .int()
      .min(0)
      .default(1000)
      .describe('how many lines of its output may be something else than messages; Tidemark logs the first of them'),
  })
  .superRefine(({ tap, command }, context) => {
    if (tap === undefined && command === undefined)
      context.addIssue({
        code: 'custom',
        path: ['tap'],
        message: 'name the package of a tap, such as "tap-github", or a program under `command`',
      })
    if (tap !== undefined && Array.isArray(command))
      context.addIssue({
        code: 'custom',
        path: ['command'],
        message: 'beside `tap` it is the name of one of the package’s programs; for a program of your own remove `tap`',
      })
  })
export type SingerConfig = z.infer<typeof SingerConfig>

/** The options of a stream, with their defaults. */
export function streamOptions(config: SingerConfig, name: string): StreamOptions {
  const given = Object.hasOwn(config.streams, name) ? config.streams[name] : undefined
  return given ?? StreamOptions.parse({})
}

/** Whether the config selects a stream; undefined: it leaves that to the tap. */
export function isSelected({ select }: SingerConfig, name: string): boolean | undefined {
  const [out, wanted] = [true, false].map((isOut) => select.filter((one) => one.startsWith('!') === isOut))
  if (out!.some((pattern) => matchesPattern(name, pattern))) return false
  return wanted!.length === 0 ? undefined : wanted!.some((pattern) => matchesPattern(name, pattern))
}

/** Whether a pattern of `select`, with or without its `!`, is for a name. */
export function matchesPattern(name: string, pattern: string): boolean {
  const parts = pattern.replace(/^!/, '').split('*')
  return new RegExp(`^${parts.map((part) => RegExp.escape(part)).join('.*')}$`, 's').test(name)
}
