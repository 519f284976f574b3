import { loadNodeTests } from '../conformance/vectors.ts'
import { runOnGpu } from './nodes.ts'

// What conformance.mjs runs: a part of the node tests, their outcomes as JSON, one a line.
const [from, to] = process.argv.slice(2).map(Number) as [number, number]
for (const test of loadNodeTests().slice(from, to)) console.log(JSON.stringify(await runOnGpu(test)))
process.exit(0)
