// What the keys do in the waterfall.

import { around } from "./axis.js";
import { membersAt, stateOf, toggled } from "./lines.js";

/** How many lines a page is. */
const PAGE = 20;

/**
 * @param {object} view
 * @param {import("./model.js").Trace} view.trace
 * @param {import("./lines.js").Lines} view.lines
 * @param {import("./lines.js").Choice} view.choice
 * @param {(choice: import("./lines.js").Choice) => void} view.onChoice
 * @param {number} view.cursor
 * @param {(at: number) => void} view.moveTo
 * @param {(row: number) => void} view.onSelect
 * @param {() => void} view.onLeave
 * @param {(range: import("./axis.js").Range) => void} view.setRange
 * @param {import("./axis.js").Range} view.whole
 * @returns {(event: KeyboardEvent) => void}
 */
export function keys({ trace, lines, choice, onChoice, cursor, moveTo, onSelect, onLeave, setRange, whole }) {
  const state = () => (lines.length > 0 ? stateOf(trace, lines, cursor, choice) : "leaf");
  const toggle = () => onChoice(toggled(trace, lines, cursor, choice));
  const above = () => {
    let at = cursor;
    while (at > 0 && lines.depth[at] >= lines.depth[cursor]) at -= 1;
    return at;
  };
  const nextError = () => {
    for (let step = 1; step <= lines.length; step += 1) {
      const at = (cursor + step) % lines.length;
      if (membersAt(trace, lines, at, choice).some((member) => trace.isError(member))) return at;
    }
    return cursor;
  };
  const choose = () => onSelect(lines.row[cursor] ?? -1);
  /** @type {Record<string, () => void>} */
  const actions = {
    ArrowDown: () => moveTo(cursor + 1),
    ArrowUp: () => moveTo(cursor - 1),
    PageDown: () => moveTo(cursor + PAGE),
    PageUp: () => moveTo(cursor - PAGE),
    Home: () => moveTo(0),
    End: () => moveTo(lines.length - 1),
    ArrowRight: () => (["closed", "folded"].includes(state()) ? toggle() : moveTo(cursor + 1)),
    ArrowLeft: () => (state() === "open" ? toggle() : moveTo(above())),
    Enter: choose,
    " ": choose,
    e: () => moveTo(nextError()),
    z: () => lines.length > 0 && setRange(around(trace, membersAt(trace, lines, cursor, choice))),
    0: () => setRange(whole),
    Escape: onLeave,
  };
  return (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
}
