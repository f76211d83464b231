// What can go wrong with a person's devices or browser, in words that a person can act upon.

/** Something a person can cure: a short title and what to do. */
export class DeviceTrouble extends Error {
  constructor(title, advice) {
    super(title);
    this.advice = advice;
  }
}
