//! `GET /openapi.json`: this API, for machines.

use http::header;

/// The description; a test holds it against the router.
const DESCRIPTION: &str = include_str!("../../openapi.json");

pub async fn openapi() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn every_public_route_is_described_and_nothing_else() {
        let description: Value = serde_json::from_str(super::DESCRIPTION).expect("JSON");
        let mut described: Vec<(String, String)> = description["paths"]
            .as_object()
            .expect("paths")
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().expect("methods").keys();
                methods
                    .map(|method| (method.to_uppercase(), path.clone()))
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut routes: Vec<(String, String)> = faults::routes::ROUTES
            .iter()
            .map(|route| (route.method.to_owned(), route.template.to_owned()))
            .collect();
        described.sort();
        routes.sort();
        assert_eq!(described, routes);
    }
}
