import { crc32, deflateSync } from 'node:zlib'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { attributes } from '../ir/attribute.ts'
import { Graph, Node } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import type { Tensor } from '../ir/tensor.ts'
import { inlineTensor } from '../ir/tensor.ts'
import { evaluateNode, typeOfDatum } from './evaluate.ts'
import { ImageDecoder } from './ImageDecoder.ts'

// pictures that are written out here; JPEG, JPEG 2000, TIFF and WebP are among ONNX's node tests
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

function chunk(name: string, data: Uint8Array): number[] {
  const body = [...ascii(name), ...data]
  const word = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
  return [...word(data.length), ...body, ...word(crc32(Uint8Array.from(body)))]
}

/** A PNG of 8 bits: `type` is 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGBA; rows without their filter byte. */
function png(width: number, height: number, type: number, rows: readonly (readonly number[])[], palette?: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, width)
  header.setUint32(4, height)
  header.setUint8(8, 8)
  header.setUint8(9, type)
  const data = deflateSync(Uint8Array.from(rows.flatMap(r => [0, ...r])))
  const colors = palette ? chunk('PLTE', Uint8Array.from(palette)) : []
  return Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...chunk('IHDR', new Uint8Array(header.buffer)), ...colors, ...chunk('IDAT', data), ...chunk('IEND', new Uint8Array(0))])
}

async function decode(bytes: Uint8Array, pixelFormat = 'RGB'): Promise<{ shape: readonly number[]; pixels: readonly number[] }> {
  const x = inlineTensor('uint8', [bytes.length], bytes)
  const graph = new Graph(new Names())
  const node = new Node({ op: 'ImageDecoder', inputs: [graph.value('x', typeOfDatum(x))], attributes: attributes({ pixel_format: pixelFormat }) })
  graph.insert(node)
  node.setOutput(0, graph.value('y'))
  await ImageDecoder.ready!(node, [x])
  const y = evaluateNode(node, [x])[0] as Tensor
  return { shape: y.shape, pixels: [...y.peek()!] }
}

describe('ImageDecoder', () => {
  it('reads the portable formats, bits and text too', async () => {
    expect(await decode(ascii('P3 2 1 255 255 0 1 7 8 9\n'))).toEqual({ shape: [1, 2, 3], pixels: [255, 0, 1, 7, 8, 9] })
    expect(await decode(ascii('P2\n# gray\n2 1\n255\n10 200\n'), 'BGR')).toEqual({ shape: [1, 2, 3], pixels: [10, 10, 10, 200, 200, 200] })
    expect(await decode(ascii('P1 3 1 1 0 1\n'), 'Grayscale')).toEqual({ shape: [1, 3, 1], pixels: [0, 255, 0] })
    expect(await decode(ascii('P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\nABC'))).toEqual({ shape: [1, 1, 3], pixels: [65, 66, 67] })
  })

  it('reads every kind of PNG as pixels of the format asked for; transparency is dropped', async () => {
    expect(await decode(png(2, 1, 2, [[1, 2, 3, 4, 5, 6]]), 'BGR')).toEqual({ shape: [1, 2, 3], pixels: [3, 2, 1, 6, 5, 4] })
    expect(await decode(png(1, 2, 0, [[9], [8]]))).toEqual({ shape: [2, 1, 3], pixels: [9, 9, 9, 8, 8, 8] })
    expect(await decode(png(2, 1, 3, [[1, 0]], [1, 2, 3, 4, 5, 6]))).toEqual({ shape: [1, 2, 3], pixels: [4, 5, 6, 1, 2, 3] })
    expect(await decode(png(2, 1, 6, [[10, 20, 30, 128, 40, 50, 60, 255]]))).toEqual({ shape: [1, 2, 3], pixels: [10, 20, 30, 40, 50, 60] })
    expect(await decode(png(1, 1, 4, [[77, 5]]), 'Grayscale')).toEqual({ shape: [1, 1, 1], pixels: [77] })
  })

  it('gives an empty matrix for what it can not decode, and for what is none of the formats', async () => {
    const good = png(2, 1, 2, [[1, 2, 3, 4, 5, 6]])
    const svg = ascii('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>')
    for (const bytes of [new Uint8Array(0), good.subarray(0, 50), svg, ascii('P6 2 2 255 abc'), ascii('GIF89a')]) expect(await decode(bytes)).toEqual({ shape: [0, 0, 3], pixels: [] })
  })

  it('refuses a picture of more pixels than there is memory for', async () => {
    await expect(decode(png(60_000, 60_000, 2, [[0]]))).rejects.toThrow('a picture of 60000 x 60000')
  })
})

describe('ImageDecoder without its library', () => {
  beforeEach(() => {
    vi.resetModules()
    vi.doMock('../bytes/node-package.ts', () => ({ packageFile: () => Promise.reject(new Error('Cannot find module')) }))
  })

  it('says what to install', async () => {
    const { loadImageLibrary } = await import('./kit/image-library.ts')
    await expect(loadImageLibrary(new Node({ op: 'ImageDecoder', inputs: [] }))).rejects.toEqual(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'ops.image.missing', help: expect.stringContaining('npm install @imagemagick/magick-wasm') })] }))
  })
})
