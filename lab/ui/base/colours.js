// One colour a service, the same in every view. There are eight that the colour-blind can tell apart; a ninth service shares
// the first one's, which is why a colour never stands alone: the name is always beside it.

/** Those of the shop have theirs from the start, so that a picture of one day can be held against another's. */
const SHOP = ["load", "gateway", "users", "orders", "catalog", "fulfilment"];
/** @type {Map<string, number>} */
const services = new Map(SHOP.map((name, place) => [name, place]));
/** Names of traces have their own turn, or eight of them and eight services would share more than they must. */
/** @type {Map<string, number>} */
const names = new Map();

/**
 * @param {Map<string, number>} places
 * @param {string} text
 */
function place(places, text) {
  const found = places.get(text) ?? places.size % 8;
  places.set(text, found);
  return found;
}

/**
 * Which of the eight colours is a service's.
 * @param {string} service
 */
export const placeOf = (service) => place(services, service);

/**
 * Which of the eight colours have the traces of a name.
 * @param {string} name
 */
export const placeOfName = (name) => place(names, name);

/**
 * The class that colours what belongs to a service.
 * @param {string} service
 * @returns {string}
 */
export function colourOf(service) {
  return `service${placeOf(service)}`;
}
