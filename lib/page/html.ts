/** A page with its data: text that no name in the data can end. */
import { jsonText } from '../base/json.ts';
import type { ReportData } from './reportData.ts';

/** What the build leaves where the data goes. */
const PLACEHOLDER = '<!--REPORT-DATA-->';

/** The page with data in it. */
export function pageWith(page: string, data: ReportData): string {
  // Within JSON strings any character may be escaped; without "<" nothing ends the script element.
  const json = jsonText(data).replaceAll('<', '\\u003c');
  const [before = '', after = ''] = page.split(PLACEHOLDER);
  return `${before}${json}${after}`;
}
