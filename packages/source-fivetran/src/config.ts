import { secret } from '@tidemark/core'
import { z } from 'zod'

export const FivetranConfig = z.object({
  connector: z
    .string()
    .min(1, 'no connector is configured yet: write the path of a folder with a connector.py here')
    .describe('the folder with `connector.py`, relative to the working directory'),
  configuration: z
    .record(z.string(), z.json())
    .default({})
    .describe(
      'values for the connector, on top of its `configuration.json`. Values of other types than text reach it as JSON. For passwords and tokens use `secrets`',
    ),
  secrets: z
    .record(z.string(), secret())
    .default({})
    .describe('the same for values that no log, no error and no screen shows'),
  python: z
    .string()
    .min(1)
    .default('python3')
    .describe('the Python to run it with, 3.9 or later: a program on the PATH, or its path'),
  silenceSeconds: z
    .number()
    .positive()
    .default(600)
    .describe('how long the connector may write nothing, neither rows nor log lines, before Tidemark stops it'),
  maxMemoryMegabytes: z
    .number()
    .positive()
    .default(2048)
    .describe('the most memory that the connector and what it starts may hold, on Linux'),
  maxLineMegabytes: z.number().positive().default(64).describe('maximum size of one row'),
})
export type FivetranConfig = z.infer<typeof FivetranConfig>
