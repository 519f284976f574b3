// Bundles the command line into dist/cli: a few chunks instead of hundreds of files, since most of a short command is loading.
import { rolldown } from 'rolldown'

const bundle = await rolldown({
  input: 'src/app/cli/main.ts',
  platform: 'node',
  external: [/^onnxruntime-/, /^node:/],
  treeshake: { moduleSideEffects: false },
})
await bundle.write({ dir: 'dist/cli', format: 'esm', minify: false, entryFileNames: 'lapidary.js', chunkFileNames: '[name].js' })
await bundle.close()
