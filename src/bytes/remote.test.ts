import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blobBundle, blobBytes } from './blob.ts'
import { httpBundle, httpBytes } from './http.ts'

const code = (value: string) => expect.objectContaining({ code: value })
const content = Uint8Array.from({ length: 1000 }, (_, i) => i % 251)

describe('blob', () => {
  test('by range', async () => {
    const bytes = blobBytes(new File([content], 'm.onnx'))
    expect(bytes.name).toBe('m.onnx')
    expect([...(await bytes.read(10, 13))]).toEqual([10, 11, 12])
    await expect(bytes.read(0, 1001)).rejects.toEqual(code('bytes.read.range'))
  })
  test('with others', async () => {
    const bundle = blobBundle(new Blob([content]), new Map([['w/data', new Blob(['abc'])]]))
    expect((await bundle.open('w/./data'))!.size).toBe(3)
    expect(await bundle.open('none')).toBeUndefined()
    await expect(bundle.open('../data')).rejects.toEqual(code('bytes.path.outside'))
  })
})

describe('http', () => {
  let server: Server
  let base: string
  let version = 'one'
  beforeAll(async () => {
    server = createServer((request, response) => {
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
      if (request.url === '/whole') return void response.writeHead(200).end(content)
      if (request.url === '/empty') return void response.writeHead(416, { 'content-range': 'bytes */0' }).end()
      if (request.url === '/broken') return void response.writeHead(500).end()
      if ((request.url !== '/m.onnx' && request.url !== '/w%20x') || !range) return void response.writeHead(404).end()
      const [start, end] = [Number(range[1]), Number(range[2]) + 1]
      response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${content.length}`, etag: `"${version}"` }).end(content.subarray(start, end))
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.close()
  })

  test('by range', async () => {
    const bytes = await httpBytes(`${base}/m.onnx`)
    expect([bytes.name, bytes.size]).toEqual(['m.onnx', 1000])
    expect([...(await bytes.read(250, 253))]).toEqual([250, 0, 1])
    expect((await bytes.read(7, 7)).length).toBe(0)
    await expect(bytes.read(0, 1001)).rejects.toEqual(code('bytes.read.range'))
  })
  test('files beside it', async () => {
    const bundle = await httpBundle(`${base}/m.onnx`)
    expect((await bundle.open('w x'))!.size).toBe(1000)
    expect(await bundle.open('none')).toBeUndefined()
    await expect(async () => bundle.open('//elsewhere/x')).rejects.toEqual(code('bytes.path.outside'))
  })
  test('servers that do otherwise', async () => {
    await expect(httpBytes(`${base}/whole`)).rejects.toEqual(code('bytes.http.no-ranges'))
    await expect(httpBytes(`${base}/none`)).rejects.toEqual(code('bytes.http.failed'))
    await expect(httpBytes(`${base}/broken`)).rejects.toEqual(code('bytes.http.failed'))
    expect((await httpBytes(`${base}/empty`)).size).toBe(0)
    const bytes = await httpBytes(`${base}/m.onnx`)
    version = 'two'
    await expect(bytes.read(0, 9)).rejects.toEqual(code('bytes.http.failed'))
  })
})
