/** Decisions are numbered once, named after what they decide. @type {(names: string[]) => string[]} */
export const decisionProblems = (names) => {
  const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1])
  return names.flatMap((name, index) => {
    const number = numbers[index]
    if (number === undefined) return [`docs/decisions/${name} is not named NNNN-title.md`]
    return numbers.indexOf(number) === index
      ? []
      : [`docs/decisions/${name} takes the number ${number} a second time`]
  })
}
