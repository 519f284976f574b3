import type { StringStringEntryProto } from '../../proto/onnx.gen.ts'

export const entriesMap = (entries: readonly StringStringEntryProto[]): Map<string, string> => new Map(entries.map(e => [e.key ?? '', e.value ?? '']))

export const entryList = (map: ReadonlyMap<string, string>): StringStringEntryProto[] => [...map].map(([key, value]) => ({ key, value }))
