/** The path and query that a request asks for. The adapters spell queries in another way each time. */
export function decodedPath(request: { readonly path: string } | undefined): string {
  return decodeURIComponent(request?.path ?? '');
}
