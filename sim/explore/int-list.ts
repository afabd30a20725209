/** A growing list of integers in four bytes each: millions of them would be too big as an array of numbers. */
export interface IntList {
  push(value: number): void;
  at(index: number): number;
  readonly length: number;
}

export function createIntList(): IntList {
  let values = new Int32Array(1024);
  let length = 0;
  return {
    push(value) {
      if (length === values.length) {
        const bigger = new Int32Array(length * 2);
        bigger.set(values);
        values = bigger;
      }
      values[length] = value;
      length += 1;
    },
    at: (index) => values[index] ?? 0,
    get length() {
      return length;
    },
  };
}
