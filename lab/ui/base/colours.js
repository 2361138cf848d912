// One colour a service, the same in every view. There are eight that the colour-blind can tell apart; a ninth service shares
// the first one's, which is why a colour never stands alone: the name is always beside it.

/** @type {Map<string, number>} */
const places = new Map();

/**
 * Which of the eight colours is a service's.
 * @param {string} service
 * @returns {number}
 */
export function placeOf(service) {
  let place = places.get(service);
  if (place === undefined) {
    place = places.size % 8;
    places.set(service, place);
  }
  return place;
}

/**
 * The class that colours what belongs to a service.
 * @param {string} service
 * @returns {string}
 */
export function colourOf(service) {
  return `service${placeOf(service)}`;
}
