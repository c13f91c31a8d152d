/**
 * Where the bridge is, seen from this page: the directory of the page.
 *
 * Every screen is exactly one path segment deep (`/`, `/history`, …), so the directory of whichever
 * one the browser opened is the root of the bridge. That holds at `/`, behind a reverse proxy's path
 * prefix and behind Home Assistant's ingress, without the server having to know its own prefix.
 */
export function baseOf(address: string): string {
  return new URL('.', address).pathname
}

export const base: string = typeof location === 'undefined' ? '/' : baseOf(location.href)
