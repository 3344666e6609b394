import { type RehearsalReport } from '../verdict/report.js';
export function htmlPicture(_report: RehearsalReport): string {
  return '';
}
