/** WebGPU's flags by value (WebGPU, sections 5.1.2, 5.1.3 and 8.1): Node has no globals for them. */
export const bufferUsage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, storage: 0x80, queryResolve: 0x200 } as const
export const mapRead = 0x1
export const computeStage = 0x4
