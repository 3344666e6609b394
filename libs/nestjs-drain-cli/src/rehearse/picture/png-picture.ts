import { UsageError } from '../usage-error.js';
import { type RehearsalReport } from '../verdict/report.js';
import { svgPicture } from './svg-picture.js';

/**
 * The picture as PNG, light, at twice its size.
 * @throws UsageError when the renderer, an optional peer, is not installed or has no build for this platform.
 */
export async function pngPicture(report: RehearsalReport): Promise<Uint8Array> {
  const { Resvg } = await renderer();
  const image = new Resvg(svgPicture(report, { theme: 'light' }), {
    fitTo: { mode: 'zoom', value: 2 },
    font: {
      loadSystemFonts: true,
      defaultFontFamily: 'Liberation Sans',
      sansSerifFamily: 'Liberation Sans',
    },
  });
  return image.render().asPng();
}

/**
 * Says before anything is rehearsed that there will be no PNG.
 * @throws UsageError as `pngPicture` does.
 */
export async function needRenderer(): Promise<void> {
  await renderer();
}

async function renderer() {
  try {
    return await import('@resvg/resvg-js');
  } catch {
    throw new UsageError(
      '--png needs the package @resvg/resvg-js, which is not installed here: npm install -D @resvg/resvg-js, or use --svg',
    );
  }
}
