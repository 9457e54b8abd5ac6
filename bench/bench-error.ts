/** Something that whoever started the bench can mend. Its message is all that is printed. */
export class BenchError extends Error {
  override name = "BenchError";
}
