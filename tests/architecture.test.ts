import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter(e => e.isFile() && e.name.endsWith('.ts'))
    .map(e => relative(root, join(e.parentPath, e.name)))
    .sort()
}

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const sources = ['proto', 'src', 'converters', 'executors'].flatMap(filesUnder)
const product = sources.filter(f => !f.endsWith('.test.ts'))
const text = new Map(sources.map(f => [f, readFileSync(join(root, f), 'utf8')]))

function importsOf(file: string): Import[] {
  const found: Import[] = []
  for (const m of text.get(file)!.matchAll(/^\s*(import|export)\s+(type\s+)?(?:[^'"()]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)) found.push({ from: file, to: m[3]!, typeOnly: m[2] !== undefined })
  for (const m of text.get(file)!.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) found.push({ from: file, to: m[1]!, typeOnly: false })
  return found.map(i => (i.to.startsWith('.') ? { ...i, to: relative(root, resolve(root, dirname(file), i.to)) } : i))
}

/** Floors of the house, from the ground up: a file imports from its own floor's room or from floors below. */
const floors: readonly (readonly string[])[] = [
  ['proto'],
  ['src/bytes', 'src/wire', 'src/diag'],
  ['src/ir', 'src/text'],
  ['src/expr'],
  ['src/ops'],
  ['src/rewrite'],
  ['src/passes', 'src/legalize', 'src/spi'],
  ['src/run'],
  ['converters', 'executors'],
  ['src/validate'],
  ['src/app'],
]
const floorOf = (file: string): number => floors.findIndex(rooms => rooms.some(room => file.startsWith(`${room}/`)))
/** A converter or an executor is a room of its own. */
const roomOf = (file: string): string => file.split('/').slice(0, 2).join('/')

describe('the house', () => {
  test('imports go down, and rooms of converters and executors do not know each other', () => {
    const wrong = product.flatMap(importsOf).filter(({ from, to, typeOnly }) => {
      if (!/^(proto|src|converters|executors)\//.test(to)) return false
      const [a, b] = [floorOf(from), floorOf(to)]
      if (b < a) return false
      if (b > a) return !typeOnly || a < 0 || b - a > 3
      return roomOf(from) !== roomOf(to) && (a === floors.length - 3)
    })
    expect(wrong.map(i => `${i.from} -> ${i.to}`)).toEqual([])
  })

  test('no cycles', () => {
    const graph = new Map(product.map(f => [f, importsOf(f).filter(i => !i.typeOnly && text.has(i.to)).map(i => i.to)]))
    const state = new Map<string, 'open' | 'done'>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') return void cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      state.set(file, 'open')
      for (const next of graph.get(file) ?? []) visit(next, [...path, file])
      state.set(file, 'done')
    }
    for (const file of product) visit(file, [])
    expect(cycles).toEqual([])
  })

  test('no file over 500 lines', () => {
    const long = sources.filter(f => !f.includes('.gen.') && text.get(f)!.split('\n').length > 501)
    expect(long).toEqual([])
  })

  test('Node is known only where files, the command line and devices are opened', () => {
    const wrong = product.filter(f => !/^src\/bytes\/node|^src\/app\/cli\/|^executors\/[^/]+\/open/.test(f)).flatMap(importsOf).filter(i => i.to.startsWith('node:'))
    expect(wrong.map(i => `${i.from} -> ${i.to}`)).toEqual([])
  })

  test('only declared packages are imported', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>
    const known = new Set([...Object.keys(dependencies!), ...Object.keys(peerDependencies!)])
    const wrong = product.flatMap(importsOf).filter(i => !i.to.startsWith('node:') && !/^(proto|src|converters|executors)\//.test(i.to) && !known.has(i.to.split('/').slice(0, i.to.startsWith('@') ? 2 : 1).join('/')))
    expect(wrong.map(i => `${i.from} -> ${i.to}`)).toEqual([])
  })

  test('operators are told apart by their files, not by switches', () => {
    const wrong = product.filter(f => /^src\/(?!ops)/.test(f)).filter(f => /switch \((?:\w+\.)*(?:op|qualified)\) \{\s*case '[A-Z]/.test(text.get(f)!))
    expect(wrong).toEqual([])
  })

  test('every export has its docstring', () => {
    const bare: string[] = []
    for (const file of product.filter(f => !f.includes('.gen.') && !/src\/ops\/[A-Z]|converters\/\w+\/ops\//.test(f))) {
      const lines = text.get(file)!.split('\n')
      lines.forEach((line, i) => {
        const m = /^export (?:async )?function\*? (\w+)|^export (?:abstract )?class (\w+)/.exec(line)
        if (m && !/^\s*(\*\/|\/\*\*.*\*\/)\s*$/.test(lines[i - 1] ?? '')) bare.push(`${file}: ${m[1] ?? m[2]}`)
      })
    }
    expect(bare).toEqual([])
  })
})
