// In which order rows stand: a part of the address, so that a link shows the same. Pure functions.

/** The `order` of an address's search part, the first of `orders` ([id, label]) unless it is one of the others. */
export function orderOf(search, orders) {
  const asked = new URLSearchParams(search).get("order");
  return orders.some(([id]) => id === asked) ? asked : orders[0][0];
}

/** The parameters that keep the order when the question changes. */
export const orderParams = (orders) => (search) => (orderOf(search, orders) === orders[0][0] ? [] : [["order", orderOf(search, orders)]]);
