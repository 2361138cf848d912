//! `/api/search/tags`, `/api/v2/search/tags`: which attributes there are. `/api/search/tag/{tag}/values`,
//! `/api/v2/search/tag/{tag}/values`: which values one of them has.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use trace::traceql::syntax::{Field, Intrinsic, Literal, Scope};
use trace::traceql::{Query, each_value};
use trace::view::{EventView as _, Key, LinkView as _, Owner, TraceView as _};

use super::super::find::overlaps;
use super::super::lost;
use super::super::parameters::{Parameters, Wrong};
use super::super::work::{Queries, Stopped, Watch, newest_first};
use super::answers::{
    Inspected, TagValue, TagValuesResponse, TagValuesV2Response, TagsResponse, TagsScope, TagsV2Response,
    answer,
};
use super::prefilter::Prefilter;
use super::search::bounds;
use super::unfinished::finished;
use super::{unanswered, wrong};
use crate::ingest::Lab;
use crate::store::{Reading, TraceSpans};

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/api/search/tags", get(tags))
        .route("/api/v2/search/tags", get(tags_v2))
        .route("/api/search/tag/{tag}/values", get(values))
        .route("/api/v2/search/tag/{tag}/values", get(values_v2))
}

/// The most names of a scope, and the most values of a name.
const MOST: usize = 10_000;

/// The scopes of attributes.
const SCOPES: [&str; 5] = ["resource", "span", "event", "link", "instrumentation"];

/// What every span can be asked for, as Tempo lists it.
const INTRINSICS: [&str; 25] = [
    "duration",
    "event:name",
    "event:timeSinceStart",
    "instrumentation:name",
    "instrumentation:version",
    "kind",
    "link:spanID",
    "link:traceID",
    "name",
    "rootName",
    "rootServiceName",
    "span:duration",
    "span:id",
    "span:kind",
    "span:name",
    "span:parentID",
    "span:status",
    "span:statusMessage",
    "status",
    "statusMessage",
    "trace:duration",
    "trace:id",
    "trace:rootName",
    "trace:rootService",
    "traceDuration",
];

/// What is asked of all four.
struct Asked {
    scope: Option<String>,
    /// Of which spans. Of a query that is not finished being written, what is counts.
    query: Option<Query>,
    time: std::ops::RangeInclusive<u64>,
    limit: usize,
}

fn asked(parameters: &Parameters) -> Result<Asked, Wrong> {
    let scope = parameters
        .get("scope")
        .filter(|scope| !matches!(*scope, "all" | "none"));
    if let Some(scope) = scope
        && scope != "intrinsic"
        && !SCOPES.contains(&scope)
    {
        return Err(Wrong::new(
            "scope",
            scope,
            format!("is none of intrinsic, {}", SCOPES.join(", ")),
        ));
    }
    let (start, end) = bounds(parameters)?;
    let query = parameters
        .get("q")
        .and_then(finished)
        .filter(|query| !query.is_metrics());
    Ok(Asked {
        scope: scope.map(str::to_owned),
        query,
        time: start..=end,
        limit: parameters.limit("limit", MOST, MOST)?,
    })
}

impl Asked {
    /// Goes through the spans that are asked about, trace by trace.
    fn each(
        &self,
        lab: &Lab,
        watch: &Watch,
        mut visit: impl FnMut(&TraceSpans, &Reading<'_>, &[usize]),
    ) -> Result<Inspected, Stopped> {
        let mut inspected = Inspected::default();
        let mut prefilter = self.query.as_ref().map(Prefilter::of);
        let go_on = || watch.goes_on();
        newest_first(lab, watch, |trace| {
            if !overlaps(trace, &self.time) {
                return Ok(());
            }
            inspected.add(trace);
            let reading = trace.reading(&go_on);
            match (&self.query, &mut prefilter) {
                (Some(query), Some(prefilter)) => {
                    if prefilter.may_match(trace) {
                        let sets = query.evaluate(&reading).unwrap_or_default();
                        let spans: BTreeSet<usize> = sets.into_iter().flat_map(|set| set.spans).collect();
                        visit(trace, &reading, &spans.into_iter().collect::<Vec<_>>());
                    }
                }
                _ => visit(trace, &reading, &(0..trace.len()).collect::<Vec<_>>()),
            }
            Ok(())
        })?;
        Ok(inspected)
    }

    /// The names of attributes, in the order of [`SCOPES`].
    fn names(&self, lab: &Lab, watch: &Watch) -> Result<([HashSet<String>; 5], Inspected), Stopped> {
        let mut names: [HashSet<String>; 5] = Default::default();
        if self.scope.as_deref() == Some("intrinsic") {
            return Ok((names, Inspected::default()));
        }
        let limit = self.limit;
        let mut note = |scope: usize, name: &str| {
            let known = &mut names[scope];
            if known.len() < limit && !known.contains(name) {
                known.insert(name.to_owned());
            }
        };
        let wanted = |scope: usize| self.scope.as_deref().is_none_or(|it| it == SCOPES[scope]);
        let inspected = self.each(lab, watch, |trace, reading, spans| {
            let mut origins = HashSet::new();
            for span in spans {
                if origins.insert(trace.at(*span).origin_place) {
                    if wanted(0) {
                        reading.each_attribute(*span, Owner::Resource, &mut |name, _| note(0, name));
                    }
                    if wanted(4) {
                        reading.each_attribute(*span, Owner::Instrumentation, &mut |name, _| note(4, name));
                    }
                }
                if wanted(1) {
                    reading.each_attribute(*span, Owner::Span, &mut |name, _| note(1, name));
                }
                if wanted(2) {
                    for event in reading.events(*span) {
                        event.each_attribute(&mut |name, _| note(2, name));
                    }
                }
                if wanted(3) {
                    for link in reading.links(*span) {
                        link.each_attribute(&mut |name, _| note(3, name));
                    }
                }
            }
        })?;
        Ok((names, inspected))
    }

    /// The values of a field.
    fn values(
        &self,
        lab: &Lab,
        watch: &Watch,
        field: &Field,
    ) -> Result<(BTreeSet<TagValue>, Inspected), Stopped> {
        let mut found = HashSet::new();
        // The values of what is one of a few words are known, and a search wants them all.
        let words = match field {
            Field::Intrinsic(Intrinsic::Status) => &["error", "ok", "unset"][..],
            Field::Intrinsic(Intrinsic::Kind) => &[
                "client",
                "consumer",
                "internal",
                "producer",
                "server",
                "unspecified",
            ],
            _ => &[],
        };
        if !words.is_empty() {
            let values = words.iter().map(|word| TagValue {
                r#type: "keyword".to_owned(),
                value: (*word).to_owned(),
            });
            return Ok((values.collect(), Inspected::default()));
        }
        let inspected = self.each(lab, watch, |_, reading, spans| {
            // All spans at once: what there is to know of a trace as a whole is worked out once.
            each_value(reading, spans, field, |value| {
                if found.len() < self.limit {
                    found.insert(tag_value(&value));
                }
            });
        })?;
        Ok((found.into_iter().collect(), inspected))
    }
}

fn tag_value(value: &Literal) -> TagValue {
    let (kind, value) = match value {
        Literal::String(text) => ("string", text.clone()),
        Literal::Int(_) => ("int", value.to_string()),
        Literal::Float(_) => ("float", value.to_string()),
        Literal::Bool(_) => ("bool", value.to_string()),
        Literal::Duration(_) => ("duration", value.to_string()),
        Literal::Status(_) | Literal::Kind(_) | Literal::Nil => ("keyword", value.to_string()),
    };
    TagValue {
        r#type: kind.to_owned(),
        value,
    }
}

fn sorted(names: HashSet<String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names
}

async fn tags(State(queries): State<Arc<Queries>>, parameters: Parameters, headers: HeaderMap) -> Response {
    let asked = match asked(&parameters) {
        Ok(asked) => asked,
        Err(error) => return wrong(&error),
    };
    let from = *asked.time.start();
    let found = queries
        .ask(move |lab, watch| {
            let (names, inspected) = asked.names(lab, watch)?;
            let mut all: HashSet<String> = names.into_iter().flatten().collect();
            if asked.scope.as_deref() == Some("intrinsic") {
                all.extend(INTRINSICS.map(str::to_owned));
            }
            Ok(TagsResponse {
                tag_names: sorted(all),
                metrics: inspected.metadata(),
            })
        })
        .await;
    match found {
        Ok(found) => lost::note(&queries.lab, from, answer(&headers, &found)),
        Err(reason) => unanswered(reason),
    }
}

async fn tags_v2(
    State(queries): State<Arc<Queries>>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Response {
    let asked = match asked(&parameters) {
        Ok(asked) => asked,
        Err(error) => return wrong(&error),
    };
    let from = *asked.time.start();
    let found = queries
        .ask(move |lab, watch| {
            let (names, inspected) = asked.names(lab, watch)?;
            let mut scopes: Vec<TagsScope> = SCOPES
                .iter()
                .zip(names)
                .filter(|(_, names)| !names.is_empty())
                .map(|(name, names)| TagsScope {
                    name: (*name).to_owned(),
                    tags: sorted(names),
                })
                .collect();
            if asked.scope.as_deref().is_none_or(|scope| scope == "intrinsic") {
                scopes.push(TagsScope {
                    name: "intrinsic".to_owned(),
                    tags: INTRINSICS.map(str::to_owned).to_vec(),
                });
            }
            Ok(TagsV2Response {
                scopes,
                metrics: inspected.metadata(),
            })
        })
        .await;
    match found {
        Ok(found) => lost::note(&queries.lab, from, answer(&headers, &found)),
        Err(reason) => unanswered(reason),
    }
}

/// The field that a tag's name means, without a scope.
fn unscoped(tag: &str) -> Field {
    let intrinsic = match tag {
        "name" => Intrinsic::Name,
        "status" | "status.code" => Intrinsic::Status,
        "kind" => Intrinsic::Kind,
        "rootName" | "root.name" => Intrinsic::RootName,
        "rootServiceName" | "root.service.name" => Intrinsic::RootService,
        _ => return Field::Attribute(Scope::Any, Key::new(tag)),
    };
    Field::Intrinsic(intrinsic)
}

/// The field that is written as in a query.
fn scoped(tag: &str) -> Result<Field, Wrong> {
    let query = Query::parse(&format!("{{ {tag} != nil }}"));
    query
        .ok()
        .and_then(|query| query.shown_fields().first().map(|field| (*field).clone()))
        .ok_or_else(|| {
            Wrong::new(
                "tag",
                tag,
                "is no field of TraceQL, such as resource.service.name, .http.route or name",
            )
        })
}

async fn values(
    State(queries): State<Arc<Queries>>,
    Path(tag): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Response {
    let asked = match asked(&parameters) {
        Ok(asked) => asked,
        Err(error) => return wrong(&error),
    };
    let from = *asked.time.start();
    let found = queries
        .ask(move |lab, watch| asked.values(lab, watch, &unscoped(&tag)))
        .await;
    match found {
        Ok((values, inspected)) => {
            let values: BTreeSet<String> = values.into_iter().map(|value| value.value).collect();
            let told = TagValuesResponse {
                tag_values: values.into_iter().collect(),
                metrics: inspected.metadata(),
            };
            lost::note(&queries.lab, from, answer(&headers, &told))
        }
        Err(reason) => unanswered(reason),
    }
}

async fn values_v2(
    State(queries): State<Arc<Queries>>,
    Path(tag): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Response {
    let (asked, field) = match asked(&parameters).and_then(|asked| Ok((asked, scoped(&tag)?))) {
        Ok(asked) => asked,
        Err(error) => return wrong(&error),
    };
    let from = *asked.time.start();
    let found = queries
        .ask(move |lab, watch| asked.values(lab, watch, &field))
        .await;
    match found {
        Ok((values, inspected)) => {
            let told = TagValuesV2Response {
                tag_values: values.into_iter().collect(),
                metrics: inspected.metadata(),
            };
            lost::note(&queries.lab, from, answer(&headers, &told))
        }
        Err(reason) => unanswered(reason),
    }
}
