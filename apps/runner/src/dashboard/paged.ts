/** One page of a list, counted from 1; a page beyond the end is the last. */
export function paged<T>(
  all: readonly T[],
  wanted: number,
  size: number,
): { readonly items: readonly T[]; readonly page: number; readonly pages: number } {
  const pages = Math.max(1, Math.ceil(all.length / size))
  const page = Math.min(Math.max(1, wanted), pages)
  return { items: all.slice((page - 1) * size, page * size), page, pages }
}
