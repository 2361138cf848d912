//! What a journey asks for: its request, with arguments drawn from the request's own draws.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use scenarios::model::{CustomRequest, Scenario};
use scenarios::words;
use seed::draws::Draws;
use seed::shop::{self, Scale};

use super::error::PlanError;
use super::request::{Body, Request};
use crate::catalogue::RETRY_STORM;
use crate::distractors;
use crate::routes::{self, Route};

/// How many products a page shows.
const PAGE_SIZE: u64 = 20;
/// How many an export takes at once: the most that there are on one page.
const EXPORT_SIZE: u64 = 100;
/// How many of one's orders a customer looks at.
const HISTORY_SIZE: u64 = 50;
/// The most orders that a report is about: all of the shop's past up to here.
const MOST_REPORTED: u32 = 10_000;
/// How many products make up what is bought: many look at many things, and most buy the same few.
const BESTSELLERS: u64 = 3;
/// Nobody pages further than this.
const LAST_PAGE: u64 = 50;
/// The most different products in one checkout.
const MOST_ITEMS: u64 = 3;

/// A journey, resolved.
#[derive(Debug)]
pub(super) struct Journey {
    pub(super) name: Arc<str>,
    /// Whether it is a distractor's, which no fault picks.
    is_innocent: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Shop(Action, &'static Route),
    Custom(CustomRequest),
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Home,
    Browse,
    Product,
    Search,
    Account,
    OrderHistory,
    Checkout,
    Report,
    SignIn,
    /// Of a distractor.
    Export,
    /// Of a distractor.
    Poll,
}

impl Action {
    fn find(journey: &str) -> Option<Self> {
        Some(match journey {
            "home" => Self::Home,
            "browse" => Self::Browse,
            "product" => Self::Product,
            "search" => Self::Search,
            "account" => Self::Account,
            "order-history" => Self::OrderHistory,
            "checkout" => Self::Checkout,
            "report" | "nightly-job" => Self::Report,
            "sign-in" => Self::SignIn,
            "export" => Self::Export,
            "polling-client" => Self::Poll,
            _ => return None,
        })
    }
}

impl Journey {
    /// The journey of that name: one of the scenario's own requests if it has any, otherwise one of the shop's.
    pub(super) fn new(scenario: &Scenario, name: &str) -> Result<Self, PlanError> {
        let kind = if scenario.requests.is_empty() {
            Action::find(name)
                .zip(routes::of_journey(name).or_else(|| distractors::route(name)))
                .map(|(action, route)| Kind::Shop(action, route))
        } else {
            scenario.requests.get(name).cloned().map(Kind::Custom)
        };
        match kind {
            Some(kind) => Ok(Self {
                name: Arc::from(name),
                is_innocent: distractors::route(name).is_some(),
                kind,
            }),
            None => Err(PlanError::UnknownJourney {
                journey: name.to_owned(),
                help: help(scenario, name),
            }),
        }
    }

    /// Whether a fault at that place may pick its requests: they can come there, and they are not a distractor's.
    pub(super) fn may_be_struck_at(&self, place: &str) -> bool {
        !self.is_innocent && self.reaches(place)
    }

    /// Whether its requests can come to that place.
    fn reaches(&self, place: &str) -> bool {
        match &self.kind {
            Kind::Shop(_, route) => route.reaches(place),
            Kind::Custom(_) => false,
        }
    }

    /// Whether all of its requests are the first user's.
    pub(super) fn is_of_one_user(&self) -> bool {
        matches!(self.kind, Kind::Shop(Action::Poll, _))
    }

    /// Whether it is one of the scenario's own requests.
    pub(super) fn is_custom(&self) -> bool {
        matches!(self.kind, Kind::Custom(_))
    }

    /// Whether its requests are sent by a user who is signed in.
    fn is_signed_in(&self) -> bool {
        self.reaches("gateway->users")
    }

    /// The request; what is common to all requests is added later.
    pub(super) fn draw(&self, seed: u64, scale: Scale, user: u32, draws: &mut Draws) -> Drawn {
        let (action, route) = match &self.kind {
            Kind::Shop(action, route) => (*action, *route),
            Kind::Custom(request) => {
                return Drawn {
                    request: Request::custom(request),
                    product: None,
                };
            }
        };
        let mut headers = Vec::with_capacity(5);
        if self.is_signed_in() && !matches!(action, Action::SignIn) {
            headers.push((
                Cow::Borrowed("authorization"),
                format!("Bearer {}", shop::token(seed, user)),
            ));
        }
        let mut body = None;
        let mut product = None;
        let path = match action {
            Action::SignIn => {
                headers.push((Cow::Borrowed("content-type"), "application/json".to_owned()));
                let email = shop::user(seed, user).email;
                body = Some(Body::Json(format!(r#"{{"email":"{email}"}}"#)));
                route.template.to_owned()
            }
            Action::Home | Action::Account | Action::Poll => route.template.to_owned(),
            Action::Browse => {
                let pages = u64::from(scale.products).div_ceil(PAGE_SIZE).clamp(1, LAST_PAGE);
                format!("/api/products?page={}&size={PAGE_SIZE}", 1 + draws.popular(pages))
            }
            Action::Export => {
                let pages = u64::from(scale.products)
                    .div_ceil(EXPORT_SIZE)
                    .clamp(1, LAST_PAGE);
                format!("/api/products?page={}&size={EXPORT_SIZE}", 1 + draws.below(pages))
            }
            Action::Product => {
                let number = popular_product(scale, draws);
                product = u32::try_from(number).ok();
                format!("/api/products/{number}")
            }
            Action::Search => format!("/api/search?q={}", shop::search_word(draws)),
            Action::Report => format!(
                "/api/reports/sales?orders={}",
                scale.orders.clamp(1, MOST_REPORTED)
            ),
            Action::OrderHistory => format!("/api/orders?size={HISTORY_SIZE}"),
            Action::Checkout => {
                headers.push((Cow::Borrowed("content-type"), "application/json".to_owned()));
                let key = format!("{:016x}{:016x}", draws.next_u64(), draws.next_u64());
                headers.push((Cow::Borrowed("idempotency-key"), key));
                body = Some(Body::Json(basket(scale, draws)));
                route.template.to_owned()
            }
        };
        let request = Request {
            method: Cow::Borrowed(route.method),
            path,
            headers,
            body,
        };
        Drawn { request, product }
    }
}

/// What a journey asks for.
pub(super) struct Drawn {
    pub(super) request: Request,
    /// The product whose page it is.
    product: Option<u32>,
}

impl Drawn {
    /// Whether this very request leads to that fault at that place, given that requests of its journey can.
    pub(super) fn leads_to(&self, fault: &str, place: &str, seed: u64, scale: Scale) -> bool {
        // Nobody is asked who wrote the reviews of a product that has none.
        let is_about_authors =
            fault == RETRY_STORM.name || ["catalog->users", "users.list-users", "users"].contains(&place);
        match self.product {
            Some(product) if is_about_authors => !shop::reviews(seed, product, scale).is_empty(),
            _ => true,
        }
    }
}

/// One to three different products, mostly one of each.
fn basket(scale: Scale, draws: &mut Draws) -> String {
    let count = 1 + draws.below(MOST_ITEMS);
    let mut products: Vec<u64> = Vec::with_capacity(count as usize);
    let mut json = String::from(r#"{"items":["#);
    for _ in 0..count {
        let product = 1 + draws.popular(u64::from(scale.products).min(BESTSELLERS));
        let quantity = 1 + u64::from(draws.chance(0.2));
        if products.contains(&product) {
            continue;
        }
        if !products.is_empty() {
            json.push(',');
        }
        // Writing into a string cannot fail.
        let _ = write!(json, r#"{{"product_id":{product},"quantity":{quantity}}}"#);
        products.push(product);
    }
    json.push_str("]}");
    json
}

fn popular_product(scale: Scale, draws: &mut Draws) -> u64 {
    1 + draws.popular(u64::from(scale.products))
}

fn help(scenario: &Scenario, name: &str) -> String {
    if scenario.requests.is_empty() {
        words::suggest(name, routes::journeys())
    } else {
        words::suggest(name, scenario.requests.keys().map(String::as_str))
    }
}
