/**
 * Whether PostgreSQL can store the text and give it back unchanged: no NUL, and no half of a surrogate pair, which
 * UTF-8 cannot say (the writer would replace it, and two different order ids would become one).
 */
export function isStorableText(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text);
}
