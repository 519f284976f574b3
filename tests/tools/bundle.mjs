// Bundles the command line into dist/cli: a few chunks instead of hundreds of files, since most of a short command is loading.
import { readdirSync, rmSync } from 'node:fs'
import { rolldown } from 'rolldown'

// commander starts commands that are programs of their own, and fflate workers: lapidary has none, and these take long to load
const unused = /^(node:)?(child_process|worker_threads)$/
const without = {
  name: 'without-unused-modules',
  resolveId: id => (unused.test(id) ? '\0unused' : null),
  load: id => (id === '\0unused' ? 'export default {}' : null),
}

const bundle = await rolldown({
  input: 'src/app/cli/main.ts',
  platform: 'node',
  external: [/^onnxruntime-/, /^node:/, 'webgpu'],
  plugins: [without],
  treeshake: { moduleSideEffects: false },
})
const { output } = await bundle.write({ dir: 'dist/cli', format: 'esm', minify: true, entryFileNames: 'lapidary.js', chunkFileNames: '[name].js' })
await bundle.close()
const written = new Set(output.map(chunk => chunk.fileName))
for (const name of readdirSync('dist/cli')) if (!written.has(name)) rmSync(`dist/cli/${name}`, { recursive: true })
