import { type RehearsalReport } from '../verdict/report.js';
export function svgPicture(_report: RehearsalReport): string {
  return '';
}
