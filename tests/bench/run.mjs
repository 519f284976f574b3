// Prints the tables of the README. `npm run bench -- [--rounds 5] [--quick] [--only convert|large|executor|contractions]`
import { contractionBench } from './contractions.mjs'
import { convertBench } from './convert.mjs'
import { executorBench } from './executor.mjs'
import { largeBench } from './large.mjs'

const value = name => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined)
const options = { rounds: Number(value('--rounds') ?? 5), quick: process.argv.includes('--quick') }
const only = value('--only')
for (const [name, bench] of Object.entries({ convert: convertBench, large: largeBench, executor: executorBench, contractions: contractionBench })) {
  if (only !== undefined && only !== name) continue
  console.log(`\n${await bench(options)}`)
}
process.exit()
