//! The two implementations find the same, one by the index and one without.

use chassis::database::System;
use seed::shop::{Scale, product};
use testkit::{databases, query_plan};

use super::{Candidate, healthy, slow_query, words};

const SCALE: Scale = Scale {
    users: 1,
    products: 300,
    orders: 0,
};

#[tokio::test]
async fn both_find_the_same_for_every_product_s_words() {
    for test in databases(&crate::seed::DATASET, "search_same", SCALE).await {
        for number in 1..=SCALE.products {
            let terms = product(42, number).terms();
            for words in [&terms[..1], &terms[..2], &terms[terms.len() - 4..]] {
                let found = healthy::find(&test.database, words).await.unwrap();
                assert_eq!(found, slow_query::find(&test.database, words).await.unwrap());
                let is_itself = |candidate: &Candidate| candidate.product.id == i64::from(number);
                assert!(found.len() == 200 || found.iter().any(is_itself));
            }
        }
    }
}

#[tokio::test]
async fn the_index_serves_one_and_not_the_other() {
    for test in databases(&crate::seed::DATASET, "search_plan", SCALE).await {
        let plan = async |statement| query_plan(&test.database, statement, "'wool','striped'", 2).await;
        let (quick, slow) = (plan(&healthy::FIND).await, plan(&slow_query::FIND).await);
        match test.database.system() {
            System::Sqlite => {
                assert!(
                    quick.contains("SEARCH product_terms USING COVERING INDEX"),
                    "{quick}"
                );
                assert!(slow.contains("SCAN product_terms"), "{slow}");
            }
            System::Postgres => {
                assert!(quick.contains("Index Cond: (term"), "{quick}");
                assert!(slow.contains("Filter: (lower(term)"), "{slow}");
                assert!(!slow.contains("Index Cond: (term"), "{slow}");
            }
        }
    }
}

#[test]
fn words_are_taken_as_people_type_them() {
    assert_eq!(words(" Wool,striped  WOOL ").unwrap(), ["striped", "wool"]);
    assert!(words("").is_err() && words("!?").is_err() && words("a b c d e").is_err());
}
