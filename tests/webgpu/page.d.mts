import type { Page } from 'playwright-core'

export declare function openPage(site: { readonly files: Readonly<Record<string, string>>; readonly policy?: string; readonly script?: string }): Promise<{ readonly page: Page; close(): Promise<void> }>
