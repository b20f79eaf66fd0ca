import { defineSource } from '@tidemark/core'
import { z } from 'zod'
import { SingerClient } from './client.ts'
import { SingerConfig } from './config.ts'

export const singer = defineSource({
  name: 'singer',
  config: SingerConfig,
  connect: (config) => new SingerClient(config),
  // The state of one tap says nothing to another.
  identity: ({ client }) => client.tap.name,
})

/** The tap's state as JSON text, as the tap wrote it: no number loses a digit. Empty: the tap wrote none. */
export const tapFeed = singer.feed({ name: 'tap', offset: z.object({ state: z.string() }) })
