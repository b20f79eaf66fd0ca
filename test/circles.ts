import { posix } from 'node:path'
import { codeOf, importsOf } from './imports.ts'
import type { File } from './layers.ts'

/** Which of these files a file imports, types included. */
type Graph = ReadonlyMap<string, readonly string[]>

/** The circles in which files import each other: of each knot of files the shortest one, from its first file back to it. */
export function circles(files: readonly File[]): readonly (readonly string[])[] {
  const graph = graphOf(files)
  return knots(graph).map((knot) => shortestCircle(knot, graph))
}

function graphOf(files: readonly File[]): Graph {
  const paths = new Set(files.map(({ path }) => path))
  return new Map(
    files.map(({ path, text }) => {
      const relative = importsOf(codeOf(text)).flatMap(({ from }) => (from?.startsWith('.') === true ? [from] : []))
      const targets = relative.map((from) => posix.join(posix.dirname(path), from))
      return [path, [...new Set(targets)].filter((target) => paths.has(target))]
    }),
  )
}

/** Sets of files of which each reaches each: Tarjan, "Depth-first search and linear graph algorithms" (1972). */
function knots(graph: Graph): readonly (readonly string[])[] {
  const order = new Map<string, number>()
  const stack: string[] = []
  const found: (readonly string[])[] = []
  const visit = (path: string): number => {
    const own = order.size
    order.set(path, own)
    stack.push(path)
    let lowest = own
    for (const target of graph.get(path) ?? []) {
      if (!order.has(target)) lowest = Math.min(lowest, visit(target))
      else if (stack.includes(target)) lowest = Math.min(lowest, order.get(target)!)
    }
    if (lowest === own) {
      const knot = stack.splice(stack.indexOf(path))
      if (knot.length > 1 || graph.get(path)?.includes(path) === true) found.push(knot.toSorted())
    }
    return lowest
  }
  for (const path of graph.keys()) if (!order.has(path)) visit(path)
  return found
}

function shortestCircle(knot: readonly string[], graph: Graph): readonly string[] {
  const inside = new Set(knot)
  let shortest: readonly string[] | undefined
  for (const start of knot) {
    const circle = circleThrough(start, inside, graph)
    if (shortest === undefined || circle.length < shortest.length) shortest = circle
  }
  return shortest ?? []
}

/** The shortest way from a file back to it, breadth first. */
function circleThrough(start: string, inside: ReadonlySet<string>, graph: Graph): readonly string[] {
  const seen = new Set<string>()
  const ways: (readonly string[])[] = [[start]]
  for (const way of ways) {
    for (const target of graph.get(way.at(-1)!) ?? []) {
      if (target === start) return [...way, start]
      if (!inside.has(target) || seen.has(target)) continue
      seen.add(target)
      ways.push([...way, target])
    }
  }
  return []
}
