//! The fields of a scenario file, section by section. The reader refuses what is not here, and the JSON Schema is made of it.

/// A field: its name, what its values look like, and what it is, in one line for an editor.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) summary: &'static str,
}

/// What a field's values look like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Any line of text.
    Text,
    /// A whole number from `min` to `max`, perhaps with `_` between digits.
    Integer { min: u64, max: u64 },
    /// `200ms`.
    Duration,
    /// `200ms..1s`.
    DurationRange,
    /// `50%`.
    Share,
    /// `50/s`, `10/s..100/s`, or a list of rates.
    Rate,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A journey, or the name of one of the file's own requests.
    Journey,
    /// Journeys with their weights.
    Mix,
    /// A fault's name.
    Fault,
    /// A place where some fault can strike.
    Place,
    /// Header names with their values.
    Headers,
    /// A mapping of these fields.
    Section(&'static [Field]),
    /// A list of mappings of these fields.
    List(&'static [Field]),
    /// Fault rules: a list of mappings of these fields and the fault's parameters.
    Faults(&'static [Field]),
    /// Distractors: a list of mappings of these fields.
    Distractors(&'static [Field]),
    /// A distractor's name.
    Distractor,
    /// A service.
    Service,
    /// Requests by name, each a mapping of these fields.
    Requests(&'static [Field]),
    /// A list of expectations.
    Expectations,
}

/// The most rows of one kind.
pub(crate) const MAX_ROWS: u64 = 10_000_000;
/// The most users at once in all closed loads together.
pub(crate) const MAX_USERS: u64 = 100_000;
/// The largest weight in a mix.
pub(crate) const MAX_WEIGHT: u64 = 1_000_000;
/// How many times as long the payment provider may take.
pub(crate) const MAX_FACTOR: u64 = 20;
/// The only version of the format that there is.
pub(crate) const VERSION: u64 = 1;

const fn field(name: &'static str, shape: Shape, summary: &'static str) -> Field {
    Field { name, shape, summary }
}

pub(crate) const SCENARIO: &[Field] = &[
    field(
        "version",
        Shape::Integer { min: 1, max: VERSION },
        "The version of the format; 1 is the only one.",
    ),
    field("title", Shape::Text, "One line for people."),
    field(
        "seed",
        Shape::Integer {
            min: 0,
            max: u64::MAX,
        },
        "The number that the whole plan and all data follow from; 42 by default.",
    ),
    field(
        "shop",
        Shape::Section(SHOP),
        "How much data the shop starts with, and how far its services are from one another.",
    ),
    field(
        "warm_up",
        Shape::Duration,
        "Requests due before this are sent but left out of all figures; 0s by default.",
    ),
    field(
        "requests",
        Shape::Requests(REQUEST),
        "Requests of your own, by name, for `faultmart load URL`; they take the place of the shop's journeys.",
    ),
    field(
        "load",
        Shape::List(LOAD),
        "What load is sent; the entries run side by side.",
    ),
    field(
        "faults",
        Shape::Faults(FAULT),
        "Which faults strike, where and when.",
    ),
    field(
        "distractors",
        Shape::Distractors(DISTRACTOR),
        "Harmless oddities, which the truth marks as innocent.",
    ),
    field("expect", Shape::Expectations, "What must hold."),
];

pub(crate) const SHOP: &[Field] = &[
    field(
        "users",
        Shape::Integer {
            min: 1,
            max: MAX_ROWS,
        },
        "Rows of users; 2_000 by default.",
    ),
    field(
        "products",
        Shape::Integer {
            min: 1,
            max: MAX_ROWS,
        },
        "Rows of products; 1_000 by default.",
    ),
    field(
        "orders",
        Shape::Integer {
            min: 0,
            max: MAX_ROWS,
        },
        "Rows of orders; 20_000 by default.",
    ),
    field(
        "distance",
        Shape::Duration,
        "How long a message is on its way from one service to another, each way: 0ms by default, 100ms at most.",
    ),
];

pub(crate) const REQUEST: &[Field] = &[
    field("method", Shape::Text, "The HTTP method; GET by default."),
    field("path", Shape::Text, "Path and query, beginning with `/`."),
    field("headers", Shape::Headers, "Names and values, as sent."),
    field("body", Shape::Text, "The body, as sent."),
];

pub(crate) const LOAD: &[Field] = &[
    field("journey", Shape::Journey, "The journey that is played."),
    field(
        "mix",
        Shape::Mix,
        "Several journeys with their weights, in place of `journey`.",
    ),
    field(
        "rate",
        Shape::Rate,
        "Open model: requests start at this rate, whether or not earlier ones were answered. `50/s`, a ramp `10/s..100/s`, or \
         a list of steps.",
    ),
    field(
        "spacing",
        Shape::OneOf(&["poisson", "even"]),
        "With `rate`: how requests are spaced; poisson by default.",
    ),
    field(
        "users",
        Shape::Integer {
            min: 1,
            max: MAX_USERS,
        },
        "Closed model: so many users, each of whom waits for the answer, thinks, and goes on.",
    ),
    field(
        "think",
        Shape::DurationRange,
        "With `users`: how long each thinks; 0s by default.",
    ),
    field(
        "from",
        Shape::Duration,
        "When it begins, from the start of the run; 0s by default.",
    ),
    field("for", Shape::Duration, "How long it lasts."),
];

pub(crate) const FAULT: &[Field] = &[
    field("fault", Shape::Fault, "The fault's name."),
    field("at", Shape::Place, "Where it strikes: an operation or an edge."),
    field(
        "share",
        Shape::Share,
        "The share of the requests that could be picked; 100% by default.",
    ),
    field("journey", Shape::Journey, "Only requests of this journey."),
    field(
        "user",
        Shape::Integer {
            min: 1,
            max: MAX_ROWS,
        },
        "Only requests of this user, counted from 1.",
    ),
    field(
        "from",
        Shape::Duration,
        "When it begins to pick, from the start of the run; 0s by default.",
    ),
    field(
        "until",
        Shape::Duration,
        "When it ceases to pick; the end of the load by default.",
    ),
];

pub(crate) const DISTRACTOR: &[Field] = &[
    field("distractor", Shape::Distractor, "The distractor's name."),
    field(
        "at",
        Shape::Service,
        "With `deploy`: the service that is replaced.",
    ),
    field(
        "rate",
        Shape::Rate,
        "With `export`, `polling-client` and `nightly-job`: how many requests there are. `5/s`.",
    ),
    field(
        "factor",
        Shape::Integer {
            min: 2,
            max: MAX_FACTOR,
        },
        "With `slow-provider`: how many times as long it takes; 3 by default.",
    ),
    field(
        "from",
        Shape::Duration,
        "When it begins, from the start of the run; 0s by default.",
    ),
    field(
        "until",
        Shape::Duration,
        "When it ends; the end of the load by default.",
    ),
];
