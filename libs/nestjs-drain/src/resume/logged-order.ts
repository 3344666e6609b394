import type { ReaderlessTerms } from '../core/resumption.js';

export interface LoggedOrder extends ReaderlessTerms {
  readonly request: string;
}

/** How a stream's request is logged: with the terms, which have to hold for whoever takes it over. */
export function toLogged({ background, grace, request }: LoggedOrder): string {
  return JSON.stringify({ background, grace, request });
}

export function fromLogged(text: string): LoggedOrder {
  return JSON.parse(text) as LoggedOrder;
}
