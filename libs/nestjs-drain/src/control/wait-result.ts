import { describeReport, type DrainReport } from '../core/report.js';

/** What `/shutdown/wait` answers: the report in the wire's naming, with Chat Shell's fields first. */
export function waitResult(report: DrainReport, activeStreams: number): Record<string, unknown> {
  return {
    status: report.outcome,
    message: describeReport(report),
    active_streams: activeStreams,
    cancelled_streams: report.cancelled + report.cut,
    waited_seconds: Number(report.waitedSeconds.toFixed(3)),
    trigger: report.trigger,
    active_before: report.activeBefore,
    admitted: report.admitted,
    refused: report.refused,
    completed: report.completed,
    abandoned: report.abandoned,
    reconnect: report.reconnect,
    cancelled: report.cancelled,
    handed_off: report.handedOff,
    cut: report.cut,
    unfinished: report.unfinished,
  };
}
