/** A command that was used wrongly. Its message repeats nothing that was typed: it may be a secret. The exit code is 2, as for other wrong uses. */
export class WrongUse extends Error {}
