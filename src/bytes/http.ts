import type { Bundle, Bytes } from './bytes.ts'
import { httpFailed, httpNoRanges, rangeError } from './diagnostics.ts'
import { containedPath } from './path.ts'

export interface HttpOptions {
  /** Instead of the global one: for headers, credentials, tests. */
  readonly fetch?: (url: string, init: { readonly headers: Record<string, string> }) => Promise<Response>
}

/**
 * A remote file, read by HTTP range requests (RFC 9110, section 14). Throws `bytes.http.failed` for what the server
 * refuses and for a file that changed meanwhile, `bytes.http.no-ranges` when it sends only whole files.
 */
export async function httpBytes(url: string, options: HttpOptions = {}): Promise<Bytes> {
  const bytes = await tryHttpBytes(url, options)
  if (bytes === undefined) throw httpFailed(url, 'there is no such file (404)')
  return bytes
}

async function tryHttpBytes(url: string, { fetch = globalThis.fetch }: HttpOptions): Promise<Bytes | undefined> {
  const ask = async (start: number, end: number): Promise<Response> => {
    try {
      return await fetch(url, { headers: { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity' } })
    } catch (error) {
      throw httpFailed(url, error instanceof Error ? error.message : String(error))
    }
  }
  const first = await ask(0, 1)
  await first.body?.cancel()
  if (first.status === 404) return undefined
  const name = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '') || url
  const empty = first.status === 416 && /^bytes \*\/0$/.test(first.headers.get('content-range') ?? '')
  if (empty) return { name, size: 0, read: async (s, e) => (s === 0 && e === 0 ? new Uint8Array(0) : Promise.reject(rangeError(name, s, e, 0))) }
  if (first.status === 200) throw httpNoRanges(url)
  if (first.status !== 206) throw httpFailed(url, `the server answers ${first.status}`)
  const size = totalOf(first)
  if (size === undefined) throw httpNoRanges(url)
  const tag = first.headers.get('etag')
  return {
    name,
    size,
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= size)) throw rangeError(name, start, end, size)
      if (start === end) return new Uint8Array(0)
      const answer = await ask(start, end)
      if (answer.status !== 206) throw httpFailed(url, `the server answers ${answer.status} to a range`)
      if (totalOf(answer) !== size || answer.headers.get('etag') !== tag) throw httpFailed(url, 'the file changed while it was read')
      const body = new Uint8Array(await answer.arrayBuffer())
      if (body.byteLength !== end - start) throw httpFailed(url, `the server sends ${body.byteLength} bytes for a range of ${end - start}`)
      return body
    },
  }
}

function totalOf(answer: Response): number | undefined {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')?.[1]
  return total === undefined ? undefined : Number(total)
}

/** A remote file with those beside it. */
export async function httpBundle(url: string, options: HttpOptions = {}): Promise<Bundle> {
  return {
    main: await httpBytes(url, options),
    open: path => tryHttpBytes(new URL(containedPath(path).split('/').map(encodeURIComponent).join('/'), url).href, options),
  }
}
