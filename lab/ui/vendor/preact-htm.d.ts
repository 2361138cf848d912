// What of preact-htm.js is used, for the type checker; the file itself is as published.
export type Ref<T> = { current: T | null };
export function html(strings: TemplateStringsArray, ...values: unknown[]): any;
export function render(tree: unknown, parent: Element): void;
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((before: T) => T)) => void];
export function useRef<T>(initial: T): { current: T };
export function useEffect(effect: () => void | (() => void) | undefined, dependencies?: readonly unknown[]): void;
export function useLayoutEffect(effect: () => void | (() => void) | undefined, dependencies?: readonly unknown[]): void;
export function useMemo<T>(make: () => T, dependencies: readonly unknown[]): T;
export function useCallback<T>(callback: T, dependencies: readonly unknown[]): T;
export class Component {
  props: unknown;
}
