import { runNodeTest } from './run.ts'
import type { Precision } from './run.ts'
import type { DataSet } from './vectors.ts'
import { loadTests } from './vectors.ts'

// What conformance.mjs runs, one data set in one precision a process: prints how many pass and why others do not, as JSON.
const [set, precision] = process.argv.slice(2) as [DataSet, Precision]
const tests = loadTests(set)
const failures: Record<string, string> = {}
for (const test of tests) {
  const why = (await runNodeTest(test, [precision])).failures[precision]
  if (why !== undefined) failures[test.name] = why
}
console.log(JSON.stringify({ total: tests.length, passed: tests.length - Object.keys(failures).length, failures }))
