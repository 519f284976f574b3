// A page on http://localhost in Debian's Chromium, whose WebGPU adapter is SwiftShader.
import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { chromium } from 'playwright-core'

const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' }
const flags = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']

/**
 * Opens a page. `files` maps paths of the site to files, by name or, where both end in /, by folder; `policy` is its content security policy,
 * `script` the module it starts with. Files are served by range where that is asked for, and the page is isolated, so that threads may share memory.
 */
export async function openPage({ files, policy, script }) {
  const fileOf = path => {
    for (const [at, file] of Object.entries(files)) {
      if (path === at) return file
      if (at.endsWith('/') && path.startsWith(at) && !path.includes('..')) return file + path.slice(at.length)
    }
    return undefined
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp', ...(policy && { 'content-security-policy': policy }) }
    if (pathname === '/') return void response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(`<!doctype html><title>lapidary</title><link rel="icon" href="data:,">${script ? `<script type="module" src="${script}"></script>` : ''}`)
    const file = fileOf(decodeURIComponent(pathname))
    const size = file && statSync(file, { throwIfNoEntry: false })?.size
    if (size === undefined) return void response.writeHead(404, headers).end()
    const type = { 'content-type': types[extname(file)] ?? 'application/octet-stream' }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    if (!range) return void createReadStream(file).pipe(response.writeHead(200, { ...headers, ...type, 'content-length': size }))
    const [start, end] = [Number(range[1]), Math.min(Number(range[2]), size - 1)]
    createReadStream(file, { start, end }).pipe(response.writeHead(206, { ...headers, ...type, 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': end - start + 1 }))
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
  const page = await browser.newPage()
  page.setDefaultTimeout(0)
  await page.goto(`http://localhost:${server.address().port}/`)
  return {
    page,
    async close() {
      await browser.close()
      server.closeAllConnections()
      server.close()
    },
  }
}
