import type { ImageLibrary } from './image-library.ts'

/** Formats by how their files begin; bytes that are undefined may be any. The names are the library's. */
const beginnings: readonly (readonly [format: string, start: readonly (number | undefined)[]])[] = [
  ['JPEG', [0xff, 0xd8, 0xff]],
  ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['BMP', [0x42, 0x4d]],
  ['TIFF', [0x49, 0x49, 0x2a, 0x00]],
  ['TIFF', [0x4d, 0x4d, 0x00, 0x2a]],
  ['TIFF64', [0x49, 0x49, 0x2b, 0x00]],
  ['TIFF64', [0x4d, 0x4d, 0x00, 0x2b]],
  ['WEBP', [0x52, 0x49, 0x46, 0x46, undefined, undefined, undefined, undefined, 0x57, 0x45, 0x42, 0x50]],
  ['JP2', [0x00, 0x00, 0x00, 0x0c, 0x6a, 0x50, 0x20, 0x20]],
  ['J2K', [0xff, 0x4f, 0xff, 0x51]],
]

/** The format that a file's first bytes tell, of those that ImageDecoder knows. Nothing else is given to the library. */
export function imageFormat(bytes: Uint8Array): string | undefined {
  const found = beginnings.find(([, start]) => start.every((b, i) => b === undefined || bytes[i] === b))
  if (found) return found[0]
  const [p, digit, after] = bytes
  return p === 0x50 && digit! >= 0x31 && digit! <= 0x37 && [0x20, 0x0a, 0x0d, 0x09, 0x23].includes(after!) ? (digit === 0x37 ? 'PAM' : 'PNM') : undefined
}

/** Pixels row by row, three bytes each. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** More pixels are not decoded (the library takes four bytes for each): a small file may claim any size. */
export const pixelLimit = 2 ** 27

/**
 * The first picture of a file, its channels in the order of `mapping` (`RGB` or `BGR`); transparency is dropped.
 * Undefined for what can't be decoded; `fail` hears of a picture of too many pixels.
 */
export function decodePicture(library: ImageLibrary, bytes: Uint8Array, mapping: string, fail: (message: string) => never): Picture | undefined {
  const format = imageFormat(bytes)
  if (format === undefined) return undefined
  const settings = new library.MagickReadSettings({ format, frameIndex: 0, frameCount: 1 })
  let size: { readonly width: number; readonly height: number }
  try {
    size = library.MagickImageInfo.create(bytes, settings)
  } catch {
    return undefined
  }
  if (size.width * size.height > pixelLimit) fail(`a picture of ${size.width} x ${size.height}`)
  try {
    return library.ImageMagick.read(bytes, settings, image => {
      if (image.colorSpace === library.ColorSpace.CMYK) image.colorSpace = library.ColorSpace.sRGB
      const { width, height } = image
      const pixels = image.getPixels(p => p.toByteArray(0, 0, width, height, mapping))
      return pixels ? { width, height, pixels } : undefined
    })
  } catch {
    return undefined
  }
}

/** Luminance of three bytes each, in the fixed-point arithmetic of ITU-R 601 that Pillow uses. */
export const grayOf = (rgb: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: rgb.length / 3 }, (_, i) => (19595 * rgb[3 * i]! + 38470 * rgb[3 * i + 1]! + 7471 * rgb[3 * i + 2]! + 32768) >> 16)
