// What the scripts of the pages take for granted, and the types of the DOM do not: which element a selector finds.
interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}
interface EventTarget {
  checked: any;
  [name: string]: any;
}
