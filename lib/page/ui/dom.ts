/** Elements made without markup: whatever is shown is text. */

type Child = Node | string | null | undefined | false;
type Properties = Readonly<Record<string, string | number | boolean | EventListener | undefined>>;

/**
 * An element with attributes and children. A function is a listener; `true` an attribute without value; false and
 * undefined none.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  append(element, children);
  return element;
}

/** Puts children in the place of what an element has. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...children.filter(isShown));
}

const isShown = (child: Child): child is Node | string => child !== null && child !== undefined && child !== false;

function append(element: Element, children: readonly Child[]): void {
  element.append(...children.filter(isShown));
}
