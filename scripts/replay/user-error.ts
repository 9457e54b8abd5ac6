/** Something that whoever started the command can mend. Its message is all that is printed. */
export class UserError extends Error {
  override name = "UserError";
}
