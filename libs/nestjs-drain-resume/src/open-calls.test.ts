import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OpenCall, OpenCalls } from './open-calls.js';

class Call extends OpenCall {
  fail(): void {
    throw new Error('No call fails here.');
  }
}

describe('the calls that are waited for', () => {
  test('are those that were made and not settled, the oldest first, and a settled one knows no other', () => {
    const law = fc.property(fc.array(fc.nat(), { maxLength: 60 }), (steps) => {
      const [calls, model] = [new OpenCalls(), new Set<Call>()];
      const settled: Call[] = [];
      for (const [moment, step] of steps.entries()) {
        const done = step % 3 === 0 ? [...model][step % Math.max(1, model.size)] : undefined;
        if (done) {
          expect(calls.delete(done)).toBe(true);
          model.delete(done);
          settled.push(done);
        } else {
          const call = new Call(moment);
          calls.add(call);
          model.add(call);
        }
        expect(calls.first).toBe([...model][0]);
      }
      for (const call of settled) {
        expect(calls.delete(call)).toBe(false);
        expect([call.before, call.behind]).toEqual([undefined, undefined]);
      }
      for (const call of model) {
        expect(calls.first).toBe(call);
        expect(calls.delete(call)).toBe(true);
      }
      expect(calls.first).toBeUndefined();
    });
    fc.assert(law, { numRuns: 300 });
  });
});
