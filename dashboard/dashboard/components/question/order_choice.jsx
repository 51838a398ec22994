// Choosing the order of rows: by buttons, or by the heads of columns.
import { useLocation, useNavigate } from "react-router";
import { orderOf } from "./order.js";
import { searchNow } from "../shared/search_now.js";

/** [chosen, choose(id)]: the order of this address. */
function useOrder(orders) {
  const { search } = useLocation();
  const navigate = useNavigate();
  const choose = (id) => {
    const next = new URLSearchParams(searchNow());
    if (id === orders[0][0]) next.delete("order");
    else next.set("order", id);
    navigate({ search: String(next) }, { replace: true });
  };
  return [orderOf(search, orders), choose];
}

export function OrderChoice({ orders }) {
  const [chosen, choose] = useOrder(orders);
  return (
    <div className="segments" role="group" aria-label="Order">
      {orders.map(([id, label]) => <button key={id} type="button" aria-pressed={id === chosen} onClick={() => choose(id)}>{label}</button>)}
    </div>
  );
}

/** The head of a column of figures that puts the rows in its order; `id` is that of one of the `orders`. */
export function OrderHead({ orders, id }) {
  const [chosen, choose] = useOrder(orders);
  const label = orders.find(([order]) => order === id)[1];
  return (
    <th scope="col" className="num" aria-sort={id === chosen ? "descending" : undefined}>
      <button type="button" onClick={() => choose(id)} title={`Sort by ${label}`}>{label}<i aria-hidden="true">{id === chosen ? " ↓" : ""}</i></button>
    </th>
  );
}
