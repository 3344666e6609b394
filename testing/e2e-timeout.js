import { jest } from '@jest/globals';

// Jest reads `testTimeout` from the whole configuration only, not from a project.
jest.setTimeout(120_000);
