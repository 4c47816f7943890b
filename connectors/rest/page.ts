/** Which page comes next: by number, offset, cursor or link. */
import { ContractError } from '../../hub/errors.js';
import { at } from '../../hub/json.js';
import type { Json } from '../../hub/record.js';
import type { ReadSettings } from './settings.js';

type Paging = ReadSettings['paging'];

/** A page as the position keeps it. `full` is how many records the first page had: a page with fewer is the last. */
export type Page =
  | { readonly kind: 'none' }
  | { readonly kind: 'page'; readonly page: number; readonly full?: number; readonly seen: number }
  | { readonly kind: 'offset'; readonly offset: number; readonly full?: number }
  | { readonly kind: 'cursor'; readonly cursor?: string }
  | { readonly kind: 'link'; readonly url: string };

export function firstPage(paging: Paging): Page {
  if (paging.kind === 'page') return { kind: 'page', page: paging.first, seen: 0 };
  if (paging.kind === 'offset') return { kind: 'offset', offset: 0 };
  return paging.kind === 'cursor' ? { kind: 'cursor' } : { kind: 'none' };
}

/** Parameters that ask for a page. */
export function pageQuery(paging: Paging, page: Page): Record<string, string> {
  if (paging.kind === 'page' && page.kind === 'page') return { [paging.param]: String(page.page), ...(paging.sizeParam && { [paging.sizeParam]: String(paging.size) }) };
  if (paging.kind === 'offset' && page.kind === 'offset') return { [paging.param]: String(page.offset), [paging.sizeParam]: String(paging.size) };
  if (paging.kind === 'cursor' && page.kind === 'cursor' && page.cursor !== undefined) return { [paging.param]: page.cursor };
  return {};
}

/**
 * The page after this one, or undefined at the end. The size asked for proves nothing, since services cap it: the end is an empty page, a page with fewer records than
 * the first one, or the total.
 */
export function nextPage(paging: Paging, page: Page, count: number, body: Json | undefined, headers: Readonly<Record<string, string>>, baseUrl: string): Page | undefined {
  if (paging.kind === 'page' && page.kind === 'page') {
    const seen = page.seen + count;
    const full = page.full ?? count;
    return ended(count, full, seen, totalOf(body, paging.total)) ? undefined : { kind: 'page', page: page.page + 1, full, seen };
  }
  if (paging.kind === 'offset' && page.kind === 'offset') {
    const offset = page.offset + count;
    const full = page.full ?? count;
    return ended(count, full, offset, totalOf(body, paging.total)) ? undefined : { kind: 'offset', offset, full };
  }
  if (paging.kind === 'cursor') {
    const cursor = at(body, paging.path);
    if (cursor === undefined || cursor === null || cursor === '' || cursor === false) return undefined;
    const text = String(cursor);
    return page.kind === 'cursor' && page.cursor === text ? undefined : { kind: 'cursor', cursor: text };
  }
  if (paging.kind === 'link') return linkOf(paging.path === undefined ? linkHeader(headers.link) : at(body, paging.path), page, baseUrl);
  return undefined;
}

function ended(count: number, full: number, seen: number, total: number | undefined): boolean {
  return count === 0 || (total !== undefined ? seen >= total : count < full);
}

function totalOf(body: Json | undefined, path: string | undefined): number | undefined {
  const total = path === undefined ? NaN : Number(at(body, path) ?? NaN);
  return Number.isFinite(total) ? total : undefined;
}

function linkOf(link: Json | undefined, page: Page, baseUrl: string): Page | undefined {
  if (typeof link !== 'string' || link === '') return undefined;
  const here = page.kind === 'link' ? page.url : baseUrl;
  if (!URL.canParse(link, here)) throw new ContractError(`Tautan halaman berikutnya bukan alamat yang benar; periksa setelan "paging".`);
  const url = new URL(link, here);
  // Keys go only to the host of the settings.
  if (url.origin !== new URL(baseUrl).origin) throw new ContractError(`Tautan halaman berikutnya menunjuk ke ${url.origin}, bukan ke alamat dasar; hubungi pemilik layanan.`);
  return url.href === here ? undefined : { kind: 'link', url: url.href };
}

/** `<https://…?page=2>; rel="next", <…>; rel="last"` */
function linkHeader(header: string | undefined): string | undefined {
  for (const match of (header ?? '').matchAll(/<([^>]*)>([^<]*)/g)) if (/;\s*rel\s*=\s*("[^"]*\bnext\b[^"]*"|next\b)/i.test(match[2]!)) return match[1];
  return undefined;
}
