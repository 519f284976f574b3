import type { Node } from '../../ir/model.ts'
import { imageLibraryMissing } from '../diagnostics.ts'

/** The little of `@imagemagick/magick-wasm` that is used here. */
export interface ImageLibrary {
  readonly MagickReadSettings: new (settings: { readonly format: string; readonly frameIndex: number; readonly frameCount: number }) => object
  readonly MagickImageInfo: { create(bytes: Uint8Array, settings: object): { readonly width: number; readonly height: number } }
  readonly ImageMagick: { read<T>(bytes: Uint8Array, settings: object, use: (image: LibraryImage) => T): T }
  readonly ColorSpace: { readonly CMYK: unknown; readonly sRGB: unknown }
  initializeImageMagick(wasm: Uint8Array): Promise<void>
}

interface LibraryImage {
  colorSpace: unknown
  readonly width: number
  readonly height: number
  getPixels<T>(use: (pixels: { toByteArray(x: number, y: number, width: number, height: number, mapping: string): Uint8Array | null }) => T): T
}

const packageName = '@imagemagick/magick-wasm'
let library: ImageLibrary | undefined
let loading: Promise<ImageLibrary> | undefined

/**
 * Hands over `@imagemagick/magick-wasm`, initialized, for ImageDecoder. Node finds the package on its own; a browser,
 * where only the page knows at which address its WebAssembly lies, is told this way.
 */
export function provideImageLibrary(given: ImageLibrary): void {
  library = given
}

async function load(node: Node): Promise<ImageLibrary> {
  try {
    const [found, { packageFile }] = await Promise.all([import(/* @vite-ignore */ packageName) as Promise<ImageLibrary>, import('../../bytes/node-package.ts')])
    await found.initializeImageMagick(await packageFile(`${packageName}/magick.wasm`))
    return found
  } catch (error) {
    throw imageLibraryMissing(node, error instanceof Error ? error.message.split('\n')[0]! : String(error))
  }
}

/** Loads the library, once. Throws `ops.image.missing`. An operator's `ready`. */
export async function loadImageLibrary(node: Node): Promise<void> {
  if (library) return
  loading ??= load(node).finally(() => (loading = undefined))
  library = await loading
}

/** The library when it is loaded. */
export const imageLibrary = (): ImageLibrary | undefined => library
