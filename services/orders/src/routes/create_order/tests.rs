//! Placing orders, with users, a catalogue and a payment provider that answer.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post as route_post;
use chassis::database::{Raw, System};
use seed::shop::{Scale, price_cents, product};
use serde_json::{Value, json};
use testkit::{Reply, TestDatabase, client, databases, execute, get, number, post, serve, with_baggage};
use tokio::sync::Notify;

use crate::checkout::{self, Payment};
use crate::{State, sweeper};

const SCALE: Scale = Scale {
    users: 5,
    products: 40,
    orders: 10,
};
const HELD: &str = "fault.lock-contention=orders.reserve-stock";
const KEPT: &str = "fault.pool-exhaustion=orders.place-order";

/// The service with the services it calls; `payments` stands in for the provider.
struct Shop {
    state: State,
    router: Router,
    test: TestDatabase,
    _others: [TestDatabase; 2],
}

async fn shops(name: &str) -> Vec<Shop> {
    let mut shops = Vec::new();
    for test in databases(&crate::seed::DATASET, name, SCALE).await {
        shops.push(shop(test, payments::router(Arc::new(payments::State::new(42)))).await);
    }
    shops
}

async fn shop(test: TestDatabase, payments: Router) -> Shop {
    let users = testkit::sqlite(&users::seed::DATASET, SCALE).await;
    let catalog = testkit::sqlite(&catalog::seed::DATASET, SCALE).await;
    let users_url = serve(users::router(users::State::new(users.database.clone()))).await;
    let catalog_state = catalog::State::new(catalog.database.clone(), client(&[]));
    let upstreams = [
        ("users", users_url),
        ("catalog", serve(catalog::router(catalog_state)).await),
        ("payments", serve(payments).await),
    ];
    let state = State::new(test.database.clone(), client(&upstreams));
    Shop {
        router: crate::router(state.clone()),
        state,
        test,
        _others: [users, catalog],
    }
}

/// A payment provider that says when it is asked about the key `slow`, and answers when it is let.
fn slow_payments(asked: Arc<Notify>, answer: Arc<Notify>) -> Router {
    let pay = async move |axum::Json(request): axum::Json<Value>| {
        if request["key"] == "3.slow" {
            asked.notify_one();
            answer.notified().await;
        }
        axum::Json(json!({ "status": "paid" }))
    };
    Router::new().route("/payments", route_post(pay))
}

impl Shop {
    async fn place(&self, key: &str, items: &[(i64, i64)]) -> Reply {
        let items: Vec<Value> = items
            .iter()
            .map(|(product, quantity)| json!({ "product_id": product, "quantity": quantity }))
            .collect();
        let order = json!({ "user_id": 3, "items": items });
        post(&self.router, "/orders", &[("idempotency-key", key)], &order).await
    }

    async fn available(&self, product: i64) -> i64 {
        get(&self.router, &format!("/stock?ids={product}")).await.body["stock"][0]["available"]
            .as_i64()
            .unwrap()
    }

    async fn set_stock(&self, product: i64, available: i64) {
        let sql = format!("UPDATE stock SET available = {available} WHERE product_id = {product}");
        execute(&self.test.database, &sql).await;
    }

    async fn count(&self, table: &str) -> i64 {
        number(&self.test.database, &format!("SELECT COUNT(*) FROM {table}")).await
    }
}

#[tokio::test]
async fn both_ways_give_the_same_answer_and_leave_the_same_rows() {
    for shop in shops("create_order_same").await {
        let quick = shop.place("one", &[(7, 2), (3, 1)]).await;
        let held = with_baggage(HELD, shop.place("two", &[(7, 2), (3, 1)])).await;
        assert_eq!(quick.status, StatusCode::CREATED, "{}", quick.body);
        assert_eq!(
            quick.body["total_cents"],
            2 * price_cents(42, 7) + price_cents(42, 3)
        );
        for field in ["user_id", "status", "total_cents", "items"] {
            assert_eq!(quick.body[field], held.body[field], "{field}");
        }
        assert_eq!(shop.count("outbox").await, 2);
        assert_eq!(shop.count("reservations").await, 0);
        assert_eq!(shop.available(7).await, i64::from(product(42, 7).stock) - 4);
        let stored = get(&shop.router, &format!("/orders/{}", held.body["id"])).await;
        assert_eq!(stored.body, held.body);
    }
}

#[tokio::test]
async fn what_is_not_there_is_never_sold() {
    for shop in shops("create_order_oversell").await {
        shop.set_stock(9, 5).await;
        let orders = (0..12).map(|index| {
            let shop = &shop;
            async move {
                let baggage = if index % 4 == 0 { HELD } else { "load.sequence=1" };
                let key = format!("key-{index}");
                testkit::within(baggage, shop.place(&key, &[(9, 1), (2, 1)]))
                    .await
                    .status
            }
        });
        let statuses = futures_util::future::join_all(orders).await;
        let count = |status| statuses.iter().filter(|&&other| other == status).count();
        assert_eq!(
            (count(StatusCode::CREATED), count(StatusCode::CONFLICT)),
            (5, 7),
            "{statuses:?}"
        );
        assert_eq!(shop.available(9).await, 0);
        assert_eq!(shop.available(2).await, i64::from(product(42, 2).stock) - 5);
        assert_eq!(shop.count("orders").await, 10 + 5);
    }
}

#[tokio::test]
async fn one_key_places_one_order_however_often_and_at_once_it_is_sent() {
    for shop in shops("create_order_key").await {
        let before = shop.available(4).await;
        let replies = futures_util::future::join_all((0..5).map(|_| shop.place("same", &[(4, 1)]))).await;
        for reply in &replies {
            assert_eq!(
                (reply.status, &reply.body),
                (StatusCode::CREATED, &replies[0].body)
            );
        }
        assert_eq!(shop.available(4).await, before - 1);
        assert_eq!(shop.count("outbox").await, 1);

        let id = replies[0].body["id"].as_i64().unwrap();
        post(&shop.router, &format!("/outbox/{id}/done"), &[], &Value::Null).await;
        assert_eq!(shop.place("same", &[(4, 1)]).await.body, replies[0].body);
        assert_eq!(
            shop.place("same", &[(4, 2)]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        assert_eq!(shop.place("", &[(4, 1)]).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_declined_payment_puts_the_stock_back_and_stays_declined() {
    let expensive = (1..=SCALE.products)
        .find(|&number| price_cents(42, number) > 10_000)
        .unwrap();
    for shop in shops("create_order_declined").await {
        let product = i64::from(expensive);
        let before = shop.available(product).await;
        for (key, baggage) in [("a", "load.sequence=1"), ("b", HELD), ("a", HELD)] {
            let reply = testkit::within(baggage, shop.place(key, &[(product, 100)])).await;
            assert_eq!(reply.status, StatusCode::PAYMENT_REQUIRED, "{}", reply.body);
        }
        assert_eq!(shop.available(product).await, before);
        assert_eq!(
            (shop.count("outbox").await, shop.count("reservations").await),
            (0, 0)
        );
    }
}

#[tokio::test]
async fn orders_of_nothing_of_nobody_and_of_what_is_not_sold_are_refused() {
    for shop in shops("create_order_refused").await {
        for (items, status) in [
            (vec![], StatusCode::UNPROCESSABLE_ENTITY),
            (vec![(4, 0)], StatusCode::UNPROCESSABLE_ENTITY),
            (vec![(4_000, 1)], StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            assert_eq!(shop.place("key", &items).await.status, status);
        }
        let nobody = json!({ "user_id": 99, "items": [{ "product_id": 1, "quantity": 1 }] });
        let reply = post(&shop.router, "/orders", &[], &nobody).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(shop.count("orders").await, 10);
    }
}

/// As if the process had died after the stock was reserved: nobody pays, and nobody settles.
async fn abandon(shop: &Shop, key: &str) -> (i64, checkout::Checkout) {
    let items = vec![checkout::Item {
        product_id: 6,
        quantity: 2,
        price_cents: 1_000,
    }];
    let checkout = checkout::Checkout {
        user: 3,
        key: key.to_owned(),
        placed_at_ms: 0,
        expires_at_ms: 0,
        items,
        trace_context: None,
        baggage: Some("load.sequence=7".to_owned()),
        watch: crate::locks::Watch::of_bystander(shop.state.holders.clone(), vec![6]),
    };
    let database = &shop.state.database;
    let mut transaction = checkout::begin(database, &checkout).await.unwrap();
    let order = checkout::reserve(database, &mut transaction, &checkout)
        .await
        .unwrap()
        .unwrap();
    transaction.commit().await.unwrap();
    (order, checkout)
}

#[tokio::test]
async fn what_was_abandoned_before_paying_is_released_and_can_never_be_paid() {
    for shop in shops("create_order_expired").await {
        let before = shop.available(6).await;
        let (order, checkout) = abandon(&shop, "late").await;
        assert_eq!(shop.available(6).await, before - 2);
        assert_eq!(sweeper::sweep(&shop.state).await.unwrap(), 1);
        assert_eq!(shop.available(6).await, before);
        assert_eq!(
            get(&shop.router, &format!("/orders/{order}")).await.body["status"],
            "refused"
        );
        assert_eq!(
            checkout::pay(&shop.state, &checkout).await.unwrap(),
            Payment::Void
        );
        assert_eq!(
            shop.place("late", &[(6, 2)]).await.status,
            StatusCode::PAYMENT_REQUIRED
        );
        assert_eq!(sweeper::sweep(&shop.state).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn what_was_abandoned_after_paying_is_confirmed() {
    for shop in shops("create_order_paid").await {
        let (order, checkout) = abandon(&shop, "paid").await;
        assert_eq!(
            checkout::pay(&shop.state, &checkout).await.unwrap(),
            Payment::Paid
        );
        assert_eq!(sweeper::sweep(&shop.state).await.unwrap(), 1);
        assert_eq!(
            get(&shop.router, &format!("/orders/{order}")).await.body["status"],
            "confirmed"
        );
        assert_eq!(shop.count("outbox").await, 1);
        let claimed = post(
            &shop.router,
            "/outbox/claim",
            &[],
            &json!({ "limit": 5, "lease_ms": 0 }),
        )
        .await;
        assert_eq!(claimed.body["messages"][0]["baggage"], "load.sequence=7");
    }
}

#[tokio::test]
async fn what_was_abandoned_is_finished_by_who_sends_the_key_again() {
    for shop in shops("create_order_resumed").await {
        let (order, _) = abandon(&shop, "again").await;
        let reply = shop.place("again", &[(6, 2)]).await;
        assert_eq!(
            (reply.status, reply.body["id"].as_i64()),
            (StatusCode::CREATED, Some(order))
        );
        assert_eq!(
            (shop.count("outbox").await, shop.count("reservations").await),
            (1, 0)
        );
    }
}

#[tokio::test]
async fn the_outbox_hands_out_at_least_once_until_it_is_done() {
    for shop in shops("create_order_outbox").await {
        let first = shop.place("first", &[(1, 1)]).await.body["id"].clone();
        let second = shop.place("second", &[(1, 1)]).await.body["id"].clone();
        let claim = async |limit: i64, lease: i64| {
            let request = json!({ "limit": limit, "lease_ms": lease });
            let reply = post(&shop.router, "/outbox/claim", &[], &request).await;
            let messages = reply.body["messages"].as_array().unwrap().clone();
            messages
                .iter()
                .map(|message| message["order_id"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(claim(1, 0).await, std::slice::from_ref(&first));
        assert_eq!(claim(5, 60_000).await, [first.clone(), second.clone()]);
        assert_eq!(claim(5, 60_000).await, Vec::<Value>::new());
        for order in [&first, &first, &second] {
            let reply = post(&shop.router, &format!("/outbox/{order}/done"), &[], &Value::Null).await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT);
        }
        assert_eq!(
            get(&shop.router, &format!("/orders/{first}")).await.body["status"],
            "shipped"
        );
        assert_eq!(get(&shop.router, "/control/outbox").await.body["pending"], 0);
    }
}

#[tokio::test]
async fn only_one_of_the_two_keeps_others_from_the_lock_while_it_pays() {
    for (baggage, is_free) in [("load.sequence=1", true), (HELD, false)] {
        let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let test = testkit::sqlite(&crate::seed::DATASET, SCALE).await;
        let shop = shop(test, slow_payments(asked.clone(), answer.clone())).await;
        let Raw::Sqlite(other) = shop.test.reopen().raw().clone() else {
            panic!("this test runs on SQLite")
        };
        let paying = testkit::within(baggage, shop.place("slow", &[(1, 1)]));
        let looking = async {
            asked.notified().await;
            let begin = "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK";
            let code = sqlx::raw_sql(begin).execute(&other).await.err();
            let code = code.map(|error| error.as_database_error().unwrap().code().unwrap().into_owned());
            answer.notify_one();
            code
        };
        let (reply, busy) = tokio::join!(paying, looking);
        assert_eq!(reply.status, StatusCode::CREATED);
        // 5 is SQLITE_BUSY.
        assert_eq!(busy.as_deref(), if is_free { None } else { Some("5") });
    }
}

#[tokio::test]
async fn who_wants_the_same_row_is_seen_waiting_for_its_lock() {
    for test in databases(&crate::seed::DATASET, "create_order_row_lock", SCALE).await {
        if test.database.system() != System::Postgres {
            continue;
        }
        let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let shop = shop(test, slow_payments(asked.clone(), answer.clone())).await;
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity JOIN pg_locks USING (pid)
                       WHERE wait_event_type = 'Lock' AND NOT granted AND query LIKE '%FROM stock%FOR UPDATE%'
                       AND application_name = 'orders'";
        let culprit = testkit::within(HELD, shop.place("slow", &[(1, 1)]));
        let others = async {
            asked.notified().await;
            assert_eq!(
                shop.place("other-row", &[(2, 1)]).await.status,
                StatusCode::CREATED
            );
            let seen_waiting = async {
                while number(&shop.test.database, waiting).await == 0 {
                    tokio::task::yield_now().await;
                }
                answer.notify_one();
            };
            tokio::join!(shop.place("same-row", &[(1, 1)]), seen_waiting)
                .0
                .status
        };
        let (culprit, victim) = tokio::join!(culprit, others);
        assert_eq!(
            (culprit.status, victim),
            (StatusCode::CREATED, StatusCode::CREATED)
        );
    }
}

#[tokio::test]
async fn who_keeps_a_connection_across_the_payment_keeps_it_from_everybody_and_holds_no_lock() {
    for test in databases(&crate::seed::DATASET, "create_order_pool", SCALE).await {
        let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let shop = shop(test, slow_payments(asked.clone(), answer.clone())).await;
        // As many connections as there are, but one.
        let others: Vec<_> = {
            let mut others = Vec::new();
            for _ in 0..3 {
                others.push(shop.state.database.begin().await.unwrap());
            }
            others
        };
        let kept = with_baggage(KEPT, shop.place("slow", &[(7, 1)]));
        let look = async {
            asked.notified().await;
            // There is none left: whoever wants one waits.
            let waiting =
                tokio::time::timeout(std::time::Duration::from_millis(100), shop.state.database.begin());
            assert!(waiting.await.is_err(), "a connection was free");
            // Another process finds nothing locked.
            let beside = shop.test.reopen();
            execute(
                &beside,
                "UPDATE stock SET available = available WHERE product_id = 7",
            )
            .await;
            answer.notify_one();
        };
        let (reply, ()) = tokio::join!(kept, look);
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        drop(others);
        // And it comes back.
        shop.state.database.begin().await.unwrap();
    }
}

#[tokio::test]
async fn who_was_not_picked_keeps_no_connection_across_the_payment() {
    for test in databases(&crate::seed::DATASET, "create_order_free", SCALE).await {
        let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let shop = shop(test, slow_payments(asked.clone(), answer.clone())).await;
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(shop.state.database.begin().await.unwrap());
        }
        let free = shop.place("slow", &[(7, 1)]);
        let look = async {
            asked.notified().await;
            drop(shop.state.database.begin().await.unwrap());
            answer.notify_one();
        };
        let (reply, ()) = tokio::join!(free, look);
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    }
}

const CROSSED: &str = "fault.deadlock=orders.reserve-stock";

#[tokio::test]
async fn alone_the_way_that_can_deadlock_gives_the_same_answer_and_leaves_the_same_rows() {
    for shop in shops("create_order_crossed_alone").await {
        let quick = shop.place("one", &[(7, 2), (3, 1)]).await;
        let crossed = with_baggage(CROSSED, shop.place("two", &[(7, 2), (3, 1)])).await;
        assert_eq!(crossed.status, StatusCode::CREATED, "{}", crossed.body);
        for field in ["user_id", "status", "total_cents", "items"] {
            assert_eq!(quick.body[field], crossed.body[field], "{field}");
        }
        assert_eq!(shop.available(7).await, i64::from(product(42, 7).stock) - 4);
        assert_eq!(
            (shop.count("outbox").await, shop.count("reservations").await),
            (2, 0)
        );
        shop.set_stock(5, 1).await;
        let sold_out = with_baggage(CROSSED, shop.place("three", &[(7, 1), (5, 2)])).await;
        assert_eq!(sold_out.status, StatusCode::CONFLICT);
        assert_eq!(shop.available(7).await, i64::from(product(42, 7).stock) - 4);
    }
}

#[tokio::test]
async fn of_two_orders_that_have_what_the_other_needs_the_database_ends_one() {
    for test in databases(&crate::seed::DATASET, "create_order_deadlock", SCALE).await {
        // On PostgreSQL both have a row by the time that both pay. On SQLite the second comes no further than its first write, for
        // which it waits until the first is done; what it has read is out of date then.
        let meeting = match test.database.system() {
            System::Sqlite => 1,
            System::Postgres => 2,
        };
        let barrier = Arc::new(tokio::sync::Barrier::new(meeting));
        let pay = async move || {
            barrier.wait().await;
            axum::Json(json!({ "status": "paid" }))
        };
        let shop = shop(test, Router::new().route("/payments", route_post(pay))).await;
        let place = |key: String, items: [(i64, i64); 2]| {
            let shop = &shop;
            async move { with_baggage(CROSSED, shop.place(&key, &items)).await }
        };
        let mut statuses = Vec::new();
        // Whether the two overlap is the scheduler's choice: they do at the latest when it has had many.
        for round in 0..50 {
            let (one, other) = (format!("one-{round}"), format!("other-{round}"));
            let (one, other) = tokio::join!(place(one, [(1, 1), (2, 1)]), place(other, [(2, 1), (1, 1)]));
            statuses = vec![one.status, other.status];
            if statuses.contains(&StatusCode::SERVICE_UNAVAILABLE) {
                break;
            }
        }
        statuses.sort();
        assert_eq!(statuses, [StatusCode::CREATED, StatusCode::SERVICE_UNAVAILABLE]);
        let sold = i64::from(product(42, 1).stock) - shop.available(1).await;
        assert_eq!(sold, i64::from(product(42, 2).stock) - shop.available(2).await);
        assert_eq!(shop.count("outbox").await, sold);
    }
}
