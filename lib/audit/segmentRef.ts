/** A loadable segment of a program, as findings and results name it. */
export interface SegmentRef {
  /** Index of the program header. */
  readonly segment: number;
  /** As in "r-x". */
  readonly perms: string;
  /** First page of the file that the segment's mapping shows, and pages of it. */
  readonly firstPage: number;
  readonly pages: number;
  /** Pages that are mapped directly from flash. */
  readonly directPages: number;
}
