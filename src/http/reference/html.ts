/** Pages of plain HTML: no script, nothing from elsewhere. */
import { createHash } from 'node:crypto';

const STYLE = `:root{color-scheme:light dark;--line:light-dark(#d8dee4,#3d444d);--soft:light-dark(#f6f8fa,#161b22);--link:light-dark(#0550ae,#79c0ff)}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem;background:light-dark(#fff,#0d1117);color:light-dark(#1f2328,#e6edf3)}
a{color:var(--link)}code,pre{font:.875em ui-monospace,monospace;background:var(--soft);border-radius:4px;padding:.1em .3em}
pre{padding:.8rem;overflow-x:auto}table{border-collapse:collapse;width:100%;display:block;overflow-x:auto}
th,td{text-align:left;vertical-align:top;border-bottom:1px solid var(--line);padding:.35rem .7rem .35rem 0}
section{border:1px solid var(--line);border-radius:8px;padding:0 1rem;margin:1rem 0}
h3{margin:1rem 0 .3rem}nav a{margin-right:1rem}summary{cursor:pointer;margin:.6rem 0}`;

const hash = createHash('sha256').update(STYLE).digest('base64');

/** Only the page's own style is allowed, and no other page may frame it. */
export const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Text with code in backticks, and links, of which only the words are kept. */
export function inline(markdown: string): string {
  return escaped(markdown.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')).replaceAll(
    /`([^`]+)`/g,
    '<code>$1</code>',
  );
}

export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><nav><a href="/reference">Reference</a><a href="/problems">Problems</a><a href="/openapi.json">openapi.json</a></nav>
<main><h1>${escaped(title)}</h1>
${content}</main></body></html>
`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell) => `<${tag}>${cell}</${tag}>`).join('');
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}</tbody></table>`;
}
