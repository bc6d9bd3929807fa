/**
 * A class chosen by a name takes, to TypeScript, what all of the classes would take at once, which nothing is. The facts
 * given here are those of the chosen class: only the family differs among them, and it comes from the same table.
 */
export const construct = <A>(Chosen: new (facts: never) => A, facts: object): A => new Chosen(facts as never)
