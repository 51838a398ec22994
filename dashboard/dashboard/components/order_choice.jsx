// In which order rows stand: a part of the address, so that a link shows the same.
import { useLocation, useNavigate } from "react-router";

/** The `order` of an address's search part, the first of `orders` ([id, label]) unless it is one of the others. */
export function orderOf(search, orders) {
  const asked = new URLSearchParams(search).get("order");
  return orders.some(([id]) => id === asked) ? asked : orders[0][0];
}

/** The parameters that keep the order when the question changes. */
export const orderParams = (orders) => (search) => (orderOf(search, orders) === orders[0][0] ? [] : [["order", orderOf(search, orders)]]);

export function OrderChoice({ orders }) {
  const { search } = useLocation();
  const navigate = useNavigate();
  const chosen = orderOf(search, orders);
  const choose = (id) => {
    const next = new URLSearchParams(search);
    if (id === orders[0][0]) next.delete("order");
    else next.set("order", id);
    navigate({ search: String(next) }, { replace: true });
  };
  return (
    <div className="segments" role="group" aria-label="Order">
      {orders.map(([id, label]) => <button key={id} type="button" aria-pressed={id === chosen} onClick={() => choose(id)}>{label}</button>)}
    </div>
  );
}
