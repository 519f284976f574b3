import { pathOutside } from './diagnostics.ts'

/**
 * The path of a file inside a folder, in normal form: relative, `/` between names, no `.`. Throws `bytes.path.outside`
 * for one that is absolute, steps out with `..`, or holds a backslash, a colon or a NUL, which some systems take for that.
 */
export function containedPath(path: string): string {
  // eslint-disable-next-line no-control-regex
  if (path === '' || path.startsWith('/') || /[\\:\u0000]/.test(path)) throw pathOutside(path)
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') throw pathOutside(path)
    parts.push(part)
  }
  if (parts.length === 0) throw pathOutside(path)
  return parts.join('/')
}
