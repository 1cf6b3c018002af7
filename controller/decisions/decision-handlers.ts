import type * as wire from '@satchel/proto/gen';
import { type UnaryParts, unary } from '../unary.js';
import type { DecisionLog } from './decision-log.js';

/** Decisions in an answer that does not ask for a number. */
const listedByDefault = 100;

/** Methods of the control API about decisions. */
export function decisionHandlers(
  parts: UnaryParts & { readonly decisions: DecisionLog },
): Pick<wire.FleetHandlers, 'ListDecisions'> {
  return {
    ListDecisions: unary(parts, 'ListDecisions', ({ subject, limit }) => {
      const decisions = parts.decisions.list(limit || listedByDefault, subject === '' ? undefined : subject);
      return { decisions: decisions.map((decision) => ({ ...decision, figures: [...decision.figures] })) };
    }),
  };
}
