/** The script of a report page. */
import type { MapDetail, MapRequest } from '../../verdict/request.ts';
import type { ReportData } from '../reportData.ts';
import type { MachineChange } from '../session.ts';
import { showReport } from './report.ts';

const root = document.querySelector('main');
const embedded = document.querySelector('#report-data');
if (root !== null && embedded !== null) {
  const session = showReport(root, JSON.parse(embedded.textContent) as ReportData);
  // For scripts: the verdict on any request, as `cramfs-map --json` prints it.
  Object.assign(globalThis, {
    cramfsReport: {
      map: (request: MapRequest, machine?: MachineChange, detail?: MapDetail) => session.json(request, machine, detail),
    },
  });
}
