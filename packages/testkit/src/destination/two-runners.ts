import { type ConnectOptions, DestinationUnderTest, runnerNamed, type TestDatabase } from './destination-under-test.ts'

/** Two runners on one database, which are closed after use. */
export async function withTwoRunners(
  database: TestDatabase,
  use: (one: DestinationUnderTest, two: DestinationUnderTest) => Promise<void>,
  more: Omit<ConnectOptions, 'runner'> = {},
): Promise<void> {
  const one = await DestinationUnderTest.on(database, { runner: runnerNamed('one'), ...more })
  const two = await DestinationUnderTest.on(database, { runner: runnerNamed('two', { pid: 4712 }), ...more })
  await use(one, two).finally(async () => {
    await one.destination.close()
    await two.destination.close()
  })
}
