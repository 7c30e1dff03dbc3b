/** A value of an event at which EventBridge looks. Objects and arrays are looked into, never at. */
export type Leaf = string | number | boolean | null;
