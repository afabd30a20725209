/**
 * Whether PostgreSQL can store the text and return it unchanged: no NUL, and no half of a surrogate pair. UTF-8
 * cannot encode that half, so it would be replaced, and two different order ids would become one.
 */
export function isStorableText(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text);
}
