//! Which faults cannot strike one request together, and why.

use super::{BLACK_HOLE, N_PLUS_ONE_RPC, Places, RETRY_STORM, SWALLOWED_ERROR, find};
use crate::routes::EDGES;

/// Who reads no reviews, or asks for authors one by one, does not come to these.
static DIVERSIONS: [(&str, &str, &str); 4] = [
    (SWALLOWED_ERROR.name, "catalog.product", "users"),
    (SWALLOWED_ERROR.name, "catalog.product", "catalog->users"),
    (SWALLOWED_ERROR.name, "catalog.product", "users.list-users"),
    (N_PLUS_ONE_RPC.name, "catalog.product", "users.list-users"),
];

/// Why a request that one fault strikes at its place cannot be struck by the other at its own; none when it can.
pub(crate) fn obstacle(one: (&str, &str), other: (&str, &str)) -> Option<String> {
    if one.1 == other.1
        && let Some(part) = replaced_by_both(one.0, other.0, one.1)
    {
        return Some(format!("both replace {part}"));
    }
    if one.1 == other.1 && one.0 != other.0 && EDGES.contains(&one.1) {
        return Some("both act on the same bytes, and an edge has one fault at a time".to_owned());
    }
    [(one, other), (other, one)].into_iter().find_map(|(one, other)| {
        let place = comes_to(other);
        if one.0 == BLACK_HOLE.name && is_beyond(one.1, place) {
            return Some(format!("with {} a request never comes past `{}`", one.0, one.1));
        }
        let is_diverted = DIVERSIONS.contains(&(one.0, one.1, place));
        is_diverted.then(|| format!("with {} a request never comes to `{place}`", one.0))
    })
}

/// Whether a request must cross the edge to come to the place.
fn is_beyond(edge: &str, place: &str) -> bool {
    let Some((caller, callee)) = edge.split_once("->") else {
        return false;
    };
    let rest = place.strip_prefix(callee);
    caller == "client"
        || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with("->"))
}

/// Where a request must come for the fault to strike.
fn comes_to<'a>((fault, at): (&str, &'a str)) -> &'a str {
    match at {
        "gateway.product" | "catalog.product" if fault == RETRY_STORM.name => "users.list-users",
        _ => at,
    }
}

/// What two faults at one place both replace, if they do: a request can be served by one of the two files alone.
fn replaced_by_both(one: &str, other: &str, at: &str) -> Option<&'static str> {
    let part = |name: &str| {
        let Places::Operations(operations) = find(name)?.places else {
            return None;
        };
        let operation = operations.iter().find(|operation| operation.name == at)?;
        Some(operation.part)
    };
    part(one).filter(|replaced| one != other && Some(*replaced) == part(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::ROUTES;

    #[test]
    fn what_replaces_the_same_code_cannot_be_together_and_what_does_not_can() {
        let page = "orders.list-orders";
        assert_eq!(
            obstacle(("slow-query", page), ("unbounded-result", page)),
            Some("both replace the page of orders".to_owned())
        );
        assert_eq!(obstacle(("slow-query", page), ("n-plus-one-sql", page)), None);
        assert_eq!(obstacle(("slow-query", page), ("slow-query", page)), None);
    }

    #[test]
    fn two_faults_of_the_network_need_two_edges() {
        let narrow = ("bandwidth", "gateway->orders");
        let reason = obstacle(narrow, ("network-latency", "gateway->orders"));
        assert_eq!(
            reason.as_deref(),
            Some("both act on the same bytes, and an edge has one fault at a time")
        );
        assert_eq!(obstacle(narrow, ("network-latency", "gateway->catalog")), None);
        assert_eq!(obstacle(narrow, ("bandwidth", "gateway->orders")), None);
    }

    #[test]
    fn nothing_strikes_beyond_a_black_hole() {
        let hole = ("black-hole", "gateway->orders");
        for beyond in [
            ("slow-query", "orders.list-orders"),
            ("exploding-span-names", "orders"),
            ("loss", "orders->payments"),
        ] {
            let reason = obstacle(beyond, hole);
            assert_eq!(
                reason.as_deref(),
                Some("with black-hole a request never comes past `gateway->orders`")
            );
        }
        assert_eq!(obstacle(hole, ("slow-query", "catalog.search")), None);
        assert_eq!(obstacle(hole, ("loss", "gateway->users")), None);
        assert!(
            obstacle(
                ("black-hole", "client->gateway"),
                ("slow-query", "catalog.search")
            )
            .is_some()
        );
    }

    #[test]
    fn baggage_with_both_is_refused_with_the_reason() {
        let line = "fault.slow-query=orders.list-orders,fault.unbounded-result=orders.list-orders";
        let error = crate::baggage::parse([line].into_iter()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "slow-query and unbounded-result at `orders.list-orders` cannot strike the same request: both replace the \
             page of orders; leave one out"
        );
    }

    #[test]
    fn who_is_led_past_a_place_is_not_struck_there_whichever_comes_first() {
        let swallowed = (SWALLOWED_ERROR.name, "catalog.product");
        for other in [
            ("network-latency", "catalog->users"),
            ("failing-dependency", "users.list-users"),
            ("retry-storm", "gateway.product"),
        ] {
            assert!(obstacle(swallowed, other).is_some(), "{other:?}");
            assert!(obstacle(other, swallowed).is_some(), "{other:?}");
        }
        assert_eq!(obstacle(swallowed, ("network-latency", "gateway->catalog")), None);
    }

    #[test]
    fn diversions_are_of_faults_and_places_that_there_are() {
        for (fault, at, place) in DIVERSIONS {
            assert!(find(fault).is_some_and(|fault| fault.strikes_at(at)));
            assert!(ROUTES.iter().any(|route| route.reaches(place)));
        }
    }
}
