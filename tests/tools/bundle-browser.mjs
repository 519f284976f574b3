// Bundles the library for browsers into one file, dist/browser/lapidary.js, without what only Node has. Prints its size.
import { readFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

// Reached in Node only: files, packages, and the package webgpu
const nodeOnly = /\/src\/bytes\/node(-\w+)?\.ts$|\/executors\/webgpu\/open-node\.ts$/
const names = ['fileBundle', 'fileSink', 'pathOf', 'packageFile', 'openNode']
// Asked for when they are needed; there is a message for when they can't be had
const optional = /^(onnxruntime-node|@imagemagick\/magick-wasm)$/
const withoutNode = {
  name: 'without-node',
  resolveId: id => (optional.test(id) ? { id: '\0none', moduleSideEffects: true } : null),
  load: id =>
    id === '\0none' ? "throw new TypeError('only Node has this')" : nodeOnly.test(id) ? `const none = () => { throw new TypeError('only Node has this') }\nexport { ${names.map(n => `none as ${n}`).join(', ')} }` : null,
}

const bundle = await rolldown({ input: 'src/app/api.ts', platform: 'browser', plugins: [withoutNode], treeshake: { moduleSideEffects: id => id === '\0none' } })
const { output } = await bundle.write({ file: 'dist/browser/lapidary.js', format: 'esm', minify: true, codeSplitting: false })
await bundle.close()
const foreign = output.flatMap(chunk => [...chunk.imports, ...chunk.dynamicImports]).filter(name => name !== 'lapidary.js')
if (output.length !== 1 || foreign.length > 0) throw new Error(`the browser bundle is not one file: ${output.map(c => c.fileName).join()} import ${foreign.join()}`)
const bytes = readFileSync('dist/browser/lapidary.js')
const kB = n => `${(n / 1000).toFixed(0)} kB`
console.log(`dist/browser/lapidary.js: ${kB(bytes.length)}, ${kB(gzipSync(bytes, { level: 9 }).length)} with gzip, ${kB(brotliCompressSync(bytes).length)} with brotli`)
