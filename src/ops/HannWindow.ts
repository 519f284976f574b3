import { cosineWindow } from './kit/cosine-window.ts'
import type { Operator } from './operator.ts'

export const HannWindow: Operator = cosineWindow('HannWindow', [0.5, 0.5, 0])
