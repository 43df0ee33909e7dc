/** An object with only the members of a type that a test needs. */
export const fake = <Type>(parts: object): Type => parts as Type;
