// Runs in the page of browser.test.ts, under its policy, and leaves what it found as `report`.
import * as lapidary from '/lapidary.js'

const inputs = { x: [1, 3, 48, 192] }
const outcome = async f => {
  try {
    return String(await f())
  } catch (e) {
    return e.code ?? e.name
  }
}
const floats = async values => [...new Float32Array((await [...values.values()][0].load()).slice().buffer)]

async function findOut() {
  const fromText = await outcome(() => new Function('return 1')())
  const sink = lapidary.memorySink()
  const { proof } = await lapidary.convert('/model.onnx', { sink, name: 'm.tflite' }, { inputs, prove: { draws: 1 } })
  const bytes = sink.files.get('m.tflite')
  const blob = new Blob([await (await fetch('/model.onnx')).arrayBuffer()])
  const [validation] = await lapidary.validateModels(blob, [bytes], { inputs, draws: 1, on: 'webgpu' })
  const { operators } = lapidary.inspectModel(await lapidary.load(bytes))
  const onGpu = await floats(await lapidary.run('/model.onnx', { inputs, on: 'webgpu' }))
  const onCpu = await floats(await lapidary.run(new URL('/model.onnx', location.href), { inputs }))
  const exactly = await floats(await lapidary.run('/model.onnx', { inputs: { x: [1, 3, 32, 32] }, precision: 'exact' }))

  const { model } = await lapidary.load('/model.onnx', { inputs })
  lapidary.optimize(model)
  const session = await lapidary.executorNamed('webgpu').prepare(model)
  const feeds = lapidary.makeSample(model, 1)
  await session.run(feeds)
  const first = session.stats
  await session.run(feeds)
  const second = session.stats
  session.dispose()
  return {
    fromText,
    proved: proof.passed,
    validated: validation.passed,
    digest: Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), b => b.toString(16).padStart(2, '0')).join(''),
    convolutions: operators['tflite::CONV_2D'],
    onGpu,
    onCpu,
    exactly,
    onHost: first.onHost,
    submits: second.submits - first.submits,
    dispatches: second.dispatches - first.dispatches,
    pathToWrite: await outcome(() => lapidary.convert('/model.onnx', 'm.tflite')),
    pathToRead: await outcome(() => lapidary.load('/missing.onnx')),
    onnxruntime: await outcome(() => lapidary.run(blob, { inputs, on: 'onnxruntime' })),
  }
}

globalThis.report = await findOut().catch(e => ({ error: String(e.stack ?? e) }))
