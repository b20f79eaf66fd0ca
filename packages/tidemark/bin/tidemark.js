#!/usr/bin/env node
// Without a runner in the project, `npx tidemark` fetches the package of this name. It runs the same command.
import '@tidemark/runner/command'
