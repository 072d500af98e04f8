/** The script of a report page, and of its thread. */
import type { MapDetail, MapRequest } from '../../verdict/request.ts';
import type { ReportData } from '../reportData.ts';
import type { MachineChange } from '../session.ts';
import { runLayoutWorker } from './layoutWorker.ts';
import { openForPrint } from './print.ts';
import { showReport } from './report.ts';

function start(): void {
  const root = document.querySelector('main');
  const embedded = document.querySelector('#report-data');
  if (root === null || embedded === null) return;
  const script = document.currentScript?.textContent ?? '';
  openForPrint();
  const session = showReport(root, JSON.parse(embedded.textContent) as ReportData, script);
  // For scripts: the verdict on any request, as `cramfs-map --json` prints it.
  Object.assign(globalThis, {
    cramfsReport: {
      map: (request: MapRequest, machine?: MachineChange, detail?: MapDetail) => session.json(request, machine, detail),
    },
  });
}

// The same script is the page's and the thread's.
if (typeof document === 'undefined') runLayoutWorker();
else start();
