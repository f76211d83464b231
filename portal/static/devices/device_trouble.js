// An error of a person's devices or browser, in words that the person can act on.

/** Something that a person can solve: a short title and what to do. */
export class DeviceTrouble extends Error {
  /**
   * @param {string} title
   * @param {string} advice
   */
  constructor(title, advice) {
    super(title);
    this.advice = advice;
  }
}
