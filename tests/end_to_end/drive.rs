//! Driving a shop that is left running, as the page does it and as curl can: through the lab's address, with the token.

use std::io::BufRead as _;

use serde_json::{Value, json};

use crate::support::{Place, processes_of, until};

const SMALL: &str = "\
title: Small
seed: 7
shop: { users: 50, products: 60, orders: 100 }
load:
  - { mix: { browse: 1, checkout: 1 }, rate: 30/s, for: 2s }
faults:
  - { fault: network-latency, at: gateway->catalog, delay: 5ms, share: 50%, journey: browse, from: 0s, until: 1s }
";

/// A shop that is left running.
struct Shop {
    place: Place,
    child: std::process::Child,
    page: String,
    gateway: String,
    token: String,
    control: Value,
    client: reqwest::blocking::Client,
}

impl Shop {
    fn start(options: &[&str]) -> Self {
        Self::of(SMALL, options)
    }

    fn of(scenario: &str, options: &[&str]) -> Self {
        let place = Place::new();
        let scenario = place.scenario(scenario);
        let mut command = place.faultmart(&["up", scenario, "--format", "json", "--port-base", "0"]);
        command.args(options);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null());
        let mut child = command.spawn().expect("the binary starts");
        let mut line = String::new();
        let mut reader = std::io::BufReader::new(child.stdout.take().expect("stdout is captured"));
        reader.read_line(&mut line).expect("a line");
        let addresses: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let text = |name: &str| addresses[name].as_str().expect("a text").to_owned();
        Self {
            page: text("page"),
            gateway: text("gateway"),
            token: text("control_token"),
            control: addresses["control"].clone(),
            client: reqwest::blocking::Client::new(),
            place,
            child,
        }
    }

    fn ask(&self, method: reqwest::Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let mut request = self
            .client
            .request(method, format!("{}/lab/drive{path}", self.page));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let answer = request.send().expect("an answer");
        (answer.status().as_u16(), answer.json().expect("JSON"))
    }

    fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(reqwest::Method::GET, path, "", &Value::Null);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Does what the token is needed for.
    fn change(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, &self.token, body);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    fn refused(&self, method: reqwest::Method, path: &str, body: &Value) -> String {
        let (status, answer) = self.ask(method, path, &self.token, body);
        assert_eq!(status, 400, "{answer}");
        answer["detail"].as_str().expect("why").to_owned()
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        let mut command = std::process::Command::new("kill");
        assert!(command.args(["-INT", &pid]).status().expect("kill").success());
        until("it stops", || {
            self.child.try_wait().expect("the child can be waited for")
        });
        assert_eq!(processes_of(self.place.path()), Vec::<String>::new());
    }
}

impl Drop for Shop {
    /// A test that fails leaves no shop behind; its parts end with it.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const GET: reqwest::Method = reqwest::Method::GET;
const PUT: reqwest::Method = reqwest::Method::PUT;
const POST: reqwest::Method = reqwest::Method::POST;
const DELETE: reqwest::Method = reqwest::Method::DELETE;

#[test]
fn faults_are_set_and_cleared_wherever_they_strike_and_are_told_of() {
    let shop = Shop::start(&[]);
    assert_eq!(shop.get("")["faults"], json!([]));
    let n_plus_one = json!({ "fault": "n-plus-one-sql", "at": "catalog.product" });
    shop.change(POST, "/faults", &n_plus_one);
    let slow =
        json!({ "fault": "network-latency", "at": "gateway->catalog", "parameters": { "delay": "5ms" } });
    let now = shop.change(POST, "/faults", &slow);
    assert_eq!(now["faults"].as_array().map(Vec::len), Some(2), "{now}");
    let url = format!("{}/api/products/1", shop.gateway);
    assert_eq!(shop.client.get(&url).send().expect("an answer").status(), 200);
    until("both have struck", || {
        let now = shop.get("");
        let struck = |it: &Value| it["struck"].as_u64() > Some(0);
        now["faults"]
            .as_array()
            .is_some_and(|all| all.len() == 2 && all.iter().all(struck))
            .then_some(())
    });

    // Somebody sets one by hand, at the service itself.
    let users = format!(
        "{}/control/faults",
        shop.control["users"].as_str().expect("an address")
    );
    let body = r#"{"faults":[{"fault":"hang","at":"users"}]}"#;
    let set = shop.client.put(users).bearer_auth(&shop.token).body(body).send();
    assert_eq!(set.expect("an answer").status(), 204);
    until("it is told of", || {
        shop.get("")["faults"]
            .as_array()
            .is_some_and(|all| all.len() == 3)
            .then_some(())
    });

    shop.change(
        DELETE,
        "/faults?fault=network-latency&at=gateway-%3Ecatalog",
        &Value::Null,
    );
    let now = shop.change(DELETE, "/faults", &Value::Null);
    assert_eq!(now["faults"], json!([]), "{now}");
    let stretches = now["set"].as_array().expect("a list");
    assert_eq!(stretches.len(), 3);
    assert!(
        stretches
            .iter()
            .all(|it| it["until_unix_ms"].as_u64() >= it["from_unix_ms"].as_u64()),
        "{now}"
    );

    for (body, message) in [
        (
            json!({ "fault": "slow-qery", "at": "catalog.search" }),
            "slow-query",
        ),
        (
            json!({ "fault": "slow-query", "at": "catalog.serch" }),
            "catalog.search",
        ),
        (
            json!({ "fault": "network-latency", "at": "gateway->catalog", "parameters": { "delay": "1h" } }),
            "delay",
        ),
        (
            json!({ "fault": "network-latency", "at": "orders->database" }),
            "no port",
        ),
        (
            json!({ "fault": "slow-query", "at": "catalog.search", "x": 1 }),
            "unknown field",
        ),
    ] {
        let refusal = shop.refused(POST, "/faults", &body);
        assert!(
            refusal.contains(message) || refusal.to_lowercase().contains(&message.to_lowercase()),
            "{body}: {refusal}"
        );
    }
    shop.stop();
}

#[test]
fn a_service_that_has_crashed_has_nothing_set_any_more() {
    let shop = Shop::start(&[]);
    shop.change(POST, "/faults", &json!({ "fault": "crash", "at": "catalog" }));
    let url = format!("{}/api/products/1", shop.gateway);
    let status = || shop.client.get(&url).send().expect("an answer").status().as_u16();
    assert!(status() >= 500);
    until("that is told", || {
        (shop.get("")["faults"] == json!([])).then_some(())
    });
    until("it is there again", || (status() == 200).then_some(()));
    shop.stop();
}

#[test]
fn load_is_started_stopped_and_exchanged_and_each_round_is_another() {
    let shop = Shop::start(&["--load"]);
    let round = |at_least: u64| {
        until("rounds go by", || {
            let now = shop.get("");
            (now["load"]["round"].as_u64() >= Some(at_least)).then_some(now)
        })
    };
    let now = round(2);
    assert_eq!(now["load"]["title"], "Small");
    let strikes = now["strikes"].as_array().expect("a list");
    assert!(
        !strikes.is_empty()
            && strikes
                .iter()
                .all(|it| it["fault"] == "network-latency" && it["share"] == 0.5),
        "{now}"
    );
    // An order is placed once, however often it is sent: in the second round other ones are.
    let found = |question: &str| {
        let found = shop
            .client
            .get(format!("{}/api/search", shop.page))
            .query(&[("q", question), ("limit", "500")])
            .send()
            .expect("an answer");
        let found: Value = found.json().expect("JSON");
        found["traces"].as_array().map_or(0, Vec::len)
    };
    let placed = || found("{ name = \"INSERT order_items\" || name =~ \"INSERT.*\" }");
    let first = placed();
    round(4);
    until("orders are placed in later rounds", || {
        (placed() > first + 10).then_some(())
    });

    let other = shop.change(
        PUT,
        "/load",
        &json!({ "running": true, "scenario": "n-plus-one-sql", "faults": false }),
    );
    assert_eq!(
        (&other["load"]["scenario"], &other["load"]["with_faults"]),
        (&json!("n-plus-one-sql"), &json!(false))
    );
    assert!(
        shop.refused(PUT, "/load", &json!({ "running": true, "scenario": "n-plus" }))
            .contains("n-plus-one")
    );
    // The same load once more is another as well: a trace has one request, and nobody reads meanwhile that no load is sent.
    std::thread::scope(|scope| {
        let exchanges = scope.spawn(|| {
            for _ in 0..2 {
                let again = json!({ "running": true, "scenario": "n-plus-one-sql", "faults": false });
                shop.change(PUT, "/load", &again);
                until("it is sent", || {
                    (shop.get("")["load"]["sent"].as_u64() > Some(10)).then_some(())
                });
            }
        });
        while !exchanges.is_finished() {
            assert_ne!(shop.get("")["load"], Value::Null, "a moment without load");
        }
    });
    assert!(found("{ resource.service.name = \"load\" }") > 20);
    assert_eq!(found("{ resource.service.name = \"load\" } | count() > 1"), 0);
    let off = shop.change(PUT, "/load", &json!({ "running": false }));
    assert_eq!(off["load"], Value::Null);
    shop.stop();
}

#[test]
fn what_a_scenario_sets_for_a_time_is_set_and_cleared_round_after_round() {
    let shop = Shop::start(&[]);
    shop.change(
        PUT,
        "/load",
        &json!({ "running": true, "scenario": "queue-backlog" }),
    );
    let stretches = until("it was set and cleared", || {
        let now = shop.get("");
        let stretches = now["set"].as_array().cloned().unwrap_or_default();
        stretches
            .iter()
            .any(|it| it["until_unix_ms"].is_u64())
            .then_some(stretches)
    });
    assert_eq!(stretches[0]["fault"], "queue-backlog");
    shop.change(PUT, "/load", &json!({ "running": false }));
    until("nothing is left", || {
        (shop.get("")["faults"] == json!([])).then_some(())
    });
    shop.stop();
}

#[test]
fn one_request_with_a_fault_has_a_healthy_twin_and_both_traces_are_there() {
    let shop = Shop::start(&[]);
    let fault = json!({ "fault": "n-plus-one-sql", "at": "catalog.product" });
    let pair = shop.change(
        POST,
        "/requests",
        &json!({ "journey": "product", "faults": [fault] }),
    );
    assert_eq!(pair["faulty"]["path"], pair["healthy"]["path"]);
    let spans = |which: &str| pair[which]["spans"].as_u64().expect("a number");
    assert!(
        spans("healthy") > 3 && spans("faulty") > spans("healthy"),
        "{pair}"
    );
    let id = pair["faulty"]["trace_id"].as_str().expect("an id");
    let trace = shop
        .client
        .get(format!("{}/lab/traces/{id}", shop.page))
        .send()
        .expect("an answer");
    let trace = trace.text().expect("text");
    assert!(
        trace.contains("SELECT review") && !trace.contains("n-plus-one"),
        "{trace}"
    );

    // An order is sent under a key of its own, or the second would not be placed.
    let lock = json!({ "fault": "lock-contention", "at": "orders.reserve-stock" });
    let pair = shop.change(
        POST,
        "/requests",
        &json!({ "journey": "checkout", "faults": [lock] }),
    );
    assert_eq!(
        (&pair["faulty"]["status"], &pair["healthy"]["status"]),
        (&json!(201), &json!(201)),
        "{pair}"
    );
    let names = |which: &str| {
        let id = pair[which]["trace_id"].as_str().expect("an id");
        shop.client
            .get(format!("{}/lab/traces/{id}", shop.page))
            .send()
            .expect("an answer")
            .text()
            .expect("text")
    };
    assert!(names("faulty").contains("INSERT order") && names("healthy").contains("INSERT order"));

    for (body, message) in [
        (json!({ "journey": "prodct" }), "product"),
        (
            json!({ "journey": "search", "faults": [{ "fault": "n-plus-one-sql", "at": "catalog.product" }] }),
            "never reaches",
        ),
        (
            json!({ "journey": "checkout", "faults": [{ "fault": "crash", "at": "orders" }] }),
            "crash",
        ),
    ] {
        let refusal = shop.refused(POST, "/requests", &body);
        assert!(refusal.contains(message), "{body}: {refusal}");
    }
    shop.stop();
}

#[test]
fn a_service_is_profiled_one_profile_at_a_time() {
    // With so many orders a report takes several samples.
    let shop = Shop::of(&SMALL.replace("orders: 100", "orders: 1_500"), &[]);
    let fault = json!({ "fault": "quadratic-algorithm", "at": "orders.sales-report" });
    shop.change(POST, "/faults", &fault);
    let load = json!({ "running": true, "scenario": "quadratic-algorithm", "faults": false });
    shop.change(PUT, "/load", &load);
    until("it strikes", || {
        (shop.get("")["faults"][0]["struck"].as_u64() > Some(0)).then_some(())
    });
    let record = || {
        shop.ask(
            GET,
            "/profile?service=orders&seconds=4",
            &shop.token,
            &Value::Null,
        )
    };
    let answers = std::thread::scope(|scope| {
        [scope.spawn(record), scope.spawn(record)].map(|answer| answer.join().expect("an answer"))
    });
    let mut answers = answers.to_vec();
    answers.sort_by_key(|(status, _)| *status);
    let [(200, profile), (409, refusal)] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert!(
        refusal["detail"].as_str().expect("why").contains("already"),
        "{refusal}"
    );
    let within = |node: &Value| node[0].as_i64().expect("a number");
    let nodes = profile["nodes"].as_array().expect("a list");
    assert!(
        nodes.iter().zip(0..).all(|(node, place)| within(node) < place),
        "callers come first"
    );
    let own: u64 = nodes.iter().filter_map(|node| node[2].as_u64()).sum();
    assert_eq!(
        (&profile["service"], &profile["samples"]),
        (&json!("orders"), &json!(own))
    );
    assert!(
        profile["functions"].to_string().contains("quadratic_algorithm"),
        "{profile}"
    );

    for (path, status, message) in [
        ("/profile?service=order&seconds=1", 404, "orders"),
        ("/profile?service=orders&seconds=0", 400, "1 to 15"),
        ("/profile?service=orders&seconds=16", 400, "1 to 15"),
    ] {
        let (found, answer) = shop.ask(GET, path, &shop.token, &Value::Null);
        let why = answer["detail"].as_str().expect("why");
        assert!(found == status && why.contains(message), "{path}: {answer}");
    }
    for token in ["", "wrong"] {
        let (status, answer) = shop.ask(GET, "/profile?service=orders&seconds=1", token, &Value::Null);
        assert_eq!(status, 401, "{answer}");
    }
    shop.stop();
}

#[test]
fn who_only_looks_on_is_not_told_what_is_hidden_and_changes_nothing() {
    let shop = Shop::start(&["--load", "--hide-faults"]);
    shop.change(
        POST,
        "/faults",
        &json!({ "fault": "slow-query", "at": "catalog.search" }),
    );
    let told = shop.get("");
    for hidden in ["faults", "set", "strikes"] {
        assert_eq!(told[hidden], Value::Null, "{told}");
    }
    assert_eq!(
        (&told["load"]["title"], &told["drives"]),
        (&Value::Null, &json!(false)),
        "{told}"
    );
    assert!(!told.to_string().contains("slow-query"));
    let (status, all) = shop.ask(reqwest::Method::GET, "", &shop.token, &Value::Null);
    assert_eq!(
        (status, all["faults"][0]["fault"].as_str()),
        (200, Some("slow-query"))
    );
    assert_eq!(shop.ask(reqwest::Method::GET, "", "wrong", &Value::Null).0, 401);
    for (method, path) in [
        (PUT, "/load"),
        (POST, "/faults"),
        (DELETE, "/faults"),
        (POST, "/requests"),
        (PUT, "/hidden"),
    ] {
        for token in ["", "wrong"] {
            let (status, answer) = shop.ask(
                method.clone(),
                path,
                token,
                &json!({ "hidden": false, "running": false }),
            );
            assert_eq!(status, 401, "{method} {path}: {answer}");
        }
    }
    shop.change(PUT, "/hidden", &json!({ "hidden": false }));
    assert_eq!(shop.get("")["faults"][0]["fault"], "slow-query");
    shop.stop();
}
