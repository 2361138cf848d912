//! The shop's public routes: which journey calls which, and which places a request on it can reach.
//!
//! A fault at a place that a request never comes to would silently do nothing. So the plan picks only requests that can
//! reach the place, and the gateway answers 400 to a hand-written one that cannot.

use scenarios::words;

/// A way from one part to another on which the wire can hold, cut or drop, request by request.
pub const EDGES: [&str; 10] = [
    "client->gateway",
    "gateway->users",
    "gateway->catalog",
    "gateway->orders",
    "catalog->users",
    "orders->users",
    "orders->catalog",
    "orders->payments",
    "fulfilment->orders",
    "fulfilment->fulfilment",
];

/// A way to a database's port. The wire does not read the database's protocol, so that faults there pick connections, not
/// requests; they exist with PostgreSQL only.
pub const DATABASE_EDGES: [&str; 4] = [
    "users->database",
    "catalog->database",
    "orders->database",
    "fulfilment->database",
];

/// The services that write spans.
pub const SERVICES: [&str; 5] = ["gateway", "users", "catalog", "orders", "fulfilment"];

/// One public route.
#[derive(Debug)]
pub struct Route {
    /// The journey that plays it; none for a route that only people call.
    pub journey: Option<&'static str>,
    /// `GET`, `POST`.
    pub method: &'static str,
    /// As the gateway's router knows it: `/api/products/{id}`.
    pub template: &'static str,
    /// The operations with a faulty twin that a request can come to.
    pub operations: &'static [&'static str],
    /// The edges that a request crosses, also later, across the queue.
    pub edges: &'static [&'static str],
}

/// Every public route.
pub static ROUTES: [Route; 10] = [
    Route {
        journey: Some("home"),
        method: "GET",
        template: "/api/home",
        operations: &["gateway.home", "users.find-session"],
        edges: &[
            "client->gateway",
            "gateway->users",
            "gateway->catalog",
            "gateway->orders",
        ],
    },
    Route {
        journey: Some("browse"),
        method: "GET",
        template: "/api/products",
        operations: &["gateway.list-products", "catalog.list-products"],
        edges: &["client->gateway", "gateway->catalog", "gateway->orders"],
    },
    Route {
        journey: Some("product"),
        method: "GET",
        template: "/api/products/{id}",
        operations: &["gateway.product", "catalog.product", "users.list-users"],
        edges: &[
            "client->gateway",
            "gateway->catalog",
            "gateway->orders",
            "catalog->users",
        ],
    },
    Route {
        journey: Some("search"),
        method: "GET",
        template: "/api/search",
        operations: &["catalog.search", "gateway.search"],
        edges: &["client->gateway", "gateway->catalog"],
    },
    Route {
        journey: Some("account"),
        method: "GET",
        template: "/api/account",
        operations: &["users.find-session"],
        edges: &["client->gateway", "gateway->users"],
    },
    Route {
        journey: Some("order-history"),
        method: "GET",
        template: "/api/orders",
        operations: &["gateway.list-orders", "users.find-session", "orders.list-orders"],
        edges: &[
            "client->gateway",
            "gateway->users",
            "gateway->orders",
            "gateway->catalog",
        ],
    },
    Route {
        journey: Some("checkout"),
        method: "POST",
        template: "/api/orders",
        operations: &[
            "users.find-session",
            "catalog.prices",
            "orders.reserve-stock",
            "orders.place-order",
            "orders.pay",
            "payments.pay",
            "fulfilment.reserve",
            "fulfilment.pack",
            "fulfilment.notify",
        ],
        edges: &[
            "client->gateway",
            "gateway->users",
            "gateway->orders",
            "orders->users",
            "orders->catalog",
            "orders->payments",
            "fulfilment->orders",
            "fulfilment->fulfilment",
        ],
    },
    Route {
        journey: Some("report"),
        method: "GET",
        template: "/api/reports/sales",
        operations: &[
            "gateway.sales-report",
            "users.find-session",
            "orders.sales-report",
        ],
        edges: &["client->gateway", "gateway->users", "gateway->orders"],
    },
    Route {
        journey: None,
        method: "GET",
        template: "/api/orders/{id}",
        operations: &["users.find-session"],
        edges: &["client->gateway", "gateway->users", "gateway->orders"],
    },
    Route {
        journey: Some("sign-in"),
        method: "POST",
        template: "/api/sessions",
        operations: &["users.create-session"],
        edges: &["client->gateway", "gateway->users"],
    },
];

/// The route that a journey plays.
#[must_use]
pub fn of_journey(journey: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.journey == Some(journey))
}

/// The journeys that can be played.
pub fn journeys() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().filter_map(|route| route.journey)
}

impl Route {
    /// Whether a request on this route can come to the operation or the service, or cross the edge.
    #[must_use]
    pub fn reaches(&self, place: &str) -> bool {
        self.operations.contains(&place)
            || self.edges.contains(&place)
            || (SERVICES.contains(&place) && self.visits(place))
    }

    /// Whether a request on this route comes to the service that the place is, or whose database's port it is; also later,
    /// across the queue.
    #[must_use]
    pub fn visits(&self, place: &str) -> bool {
        let service = place.strip_suffix("->database").unwrap_or(place);
        self.edges
            .iter()
            .filter_map(|edge| edge.split_once("->"))
            .any(|(from, to)| from == service || to == service)
    }

    /// Every place that a request on this route can come to.
    pub fn places(&self) -> impl Iterator<Item = &'static str> {
        self.operations.iter().chain(self.edges).copied()
    }
}

/// Whether a request on the route can come to the place; false when there is no such route.
#[must_use]
pub fn reaches(method: &str, template: &str, place: &str) -> bool {
    find(method, template).is_some_and(|route| route.reaches(place))
}

/// Refuses a fault at a place that the route cannot reach, so that nobody waits for what will never happen.
///
/// # Errors
/// When the place is out of reach; a path that is no public route is let through, for the router to answer.
pub fn check_reach(
    method: &str,
    template: &str,
    faults: &crate::baggage::RequestFaults,
) -> Result<(), OutOfReach> {
    let Some(route) = find(method, template) else {
        return Ok(());
    };
    match faults.active.iter().find(|active| !route.reaches(&active.at)) {
        None => Ok(()),
        Some(active) => Err(OutOfReach {
            method: route.method,
            template: route.template,
            fault: active.fault,
            at: active.at.clone(),
            reachable: words::list(route.places()),
        }),
    }
}

fn find(method: &str, template: &str) -> Option<&'static Route> {
    ROUTES
        .iter()
        .find(|route| route.method == method && route.template == template)
}

/// A fault that rides with a request to a route from which its place cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{method} {template} never reaches `{at}`, so that {fault} could not strike; it reaches {reachable}")]
pub struct OutOfReach {
    method: &'static str,
    template: &'static str,
    fault: &'static str,
    at: String,
    reachable: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_and_operation_is_reached_by_some_journey() {
        let operations = crate::catalogue::FAULTS
            .iter()
            .flat_map(|fault| fault.operations());
        for place in EDGES.into_iter().chain(operations) {
            assert!(
                ROUTES
                    .iter()
                    .any(|route| route.journey.is_some() && route.reaches(place)),
                "{place}"
            );
        }
    }

    #[test]
    fn every_place_of_the_table_exists() {
        for route in &ROUTES {
            for place in route.places() {
                let is_operation = crate::catalogue::FAULTS
                    .iter()
                    .any(|fault| fault.operations().any(|name| name == place));
                assert!(EDGES.contains(&place) || is_operation, "{place}");
            }
        }
    }

    #[test]
    fn checkout_reaches_across_the_queue_and_search_does_not_reach_orders() {
        assert!(reaches("POST", "/api/orders", "fulfilment->fulfilment"));
        assert!(!reaches("GET", "/api/search", "orders.list-orders"));
        assert!(!reaches("GET", "/nowhere", "client->gateway"));
    }

    #[test]
    fn a_service_is_visited_by_those_who_come_to_it_directly_or_later() {
        let checkout = of_journey("checkout").expect("a journey");
        let search = of_journey("search").expect("a journey");
        assert!(checkout.visits("fulfilment") && checkout.visits("orders->database"));
        assert!(search.visits("catalog") && search.visits("gateway"));
        assert!(!search.visits("orders") && !search.visits("orders->database"));
    }
}
