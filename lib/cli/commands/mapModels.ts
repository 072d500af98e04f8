/** `--compare-kernels`: the same mapping under several models. */
import { jsonText } from '../../base/json.ts';
import { kernelModel } from '../../driver/models/named.ts';
import { modelsJson, modelsText } from '../../report/compareText.ts';
import type { Board } from '../../verdict/board.ts';
import { compareMapping } from '../../verdict/compareKernels.ts';
import type { MapRequest } from '../../verdict/request.ts';
import { EXIT, type Io } from '../io.ts';
import { type ColourChoice, styleFor, widthFor } from '../style.ts';
import { usage } from '../usage.ts';

/** How the answer is printed. */
interface Printing {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color: ColourChoice;
}

/**
 * Prints what each model makes of a request; differing is a finding.
 *
 * @param models their names, separated by commas
 * @returns the exit code
 * @throws CramfsError USAGE
 */
export function compareModels(board: Board, request: MapRequest, models: string, options: Printing, io: Io): number {
  const boards = models.split(',').map((name) => board.variant({ kernel: kernelModel(name.trim()) }));
  if (boards.length < 2) usage('--compare-kernels needs at least two kernel models, separated by commas');
  const verdicts = boards.map((each) => each.map(request, { trace: true }));
  const [first] = boards;
  const differs = boards.some((each) => first !== undefined && compareMapping(first, each, request) !== null);
  if (options.quiet !== true) {
    io.stdout.write(
      options.json === true
        ? `${jsonText(modelsJson(verdicts, differs))}\n`
        : modelsText(verdicts, styleFor(io, options.color), widthFor(io)),
    );
  }
  return differs ? EXIT.findings : EXIT.ok;
}
