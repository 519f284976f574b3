import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

const packages = new URL('node_modules/@mediapipe/', import.meta.url)

/** The parts of an archive that a page loads as one, as the script beside it lists them. */
function* packed(folder, script) {
  const listed = /loadPackage\((\{.*\})\);/.exec(readFileSync(new URL(script, folder), 'utf8'))
  const data = readFileSync(new URL(script.replace(/_loader\.js$/, '.data'), folder))
  for (const { filename, start, end } of JSON.parse(listed[1]).files) yield { file: filename, bytes: data.subarray(start, end) }
}

function* filesOf(name) {
  const folder = new URL(`${name}/`, packages)
  const all = readdirSync(folder).sort()
  for (const file of all.filter(f => f.endsWith('.tflite'))) yield { package: name, name: basename(file, '.tflite'), packed: false, bytes: readFileSync(new URL(file, folder)) }
  for (const script of all.filter(f => f.endsWith('_packed_assets_loader.js'))) {
    for (const { file, bytes } of packed(folder, script)) if (file.endsWith('.tflite')) yield { package: name, name: basename(file, '.tflite'), packed: true, bytes }
  }
}

/**
 * Every .tflite file of the six packages, those packed into archives too, and what holistic has beyond them. One of face_mesh's is one of
 * face_detection's: `again` says so.
 */
export function mediapipeFiles() {
  const seen = new Set()
  const marked = file => {
    const digest = createHash('sha256').update(file.bytes).digest('hex')
    const again = seen.has(digest)
    seen.add(digest)
    return { ...file, again }
  }
  const six = ['face_detection', 'face_mesh', 'hands', 'pose', 'objectron', 'selfie_segmentation'].flatMap(name => [...filesOf(name)]).map(marked)
  return [...six, ...[...filesOf('holistic')].map(marked).filter(file => !file.again)]
}
