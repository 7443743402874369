const url = document.querySelector<HTMLMetaElement>('meta[name="api-url"]')?.content;

/** Return the URL of a path on the API's server, which may have another origin (`VITE_API_URL`). */
export function serverUrl(path: string): string {
  return url ? new URL(path, url).href : path;
}
