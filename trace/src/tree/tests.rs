use super::*;
use crate::id::{SpanId, TraceId};
use crate::model::Kind;

/// A span with id, parent (0 for none), start and end.
fn span(id: u64, parent: u64, start: u64, end: u64) -> Span {
    Span {
        trace_id: TraceId([1; 16]),
        span_id: SpanId(id.to_be_bytes()),
        parent_span_id: (parent != 0).then(|| SpanId(parent.to_be_bytes())),
        start_unix_ns: start,
        end_unix_ns: end,
        ..Span::default()
    }
}

/// The tree as ids in brackets, such as `1(2(3) 4)`.
fn shape(tree: &Tree<'_>) -> String {
    fn write(tree: &Tree<'_>, indices: &[Index], out: &mut String) {
        for (position, index) in indices.iter().enumerate() {
            out.push_str(if position == 0 { "" } else { " " });
            out.push_str(&u64::from_be_bytes(tree.span(*index).span_id.0).to_string());
            if !tree.children(*index).is_empty() {
                out.push('(');
                write(tree, tree.children(*index), out);
                out.push(')');
            }
        }
    }
    let mut out = String::new();
    write(tree, tree.roots(), &mut out);
    out
}

#[test]
fn children_stand_below_their_parents_by_start_in_whatever_order_they_came() {
    let mut spans = [
        span(1, 0, 0, 100),
        span(4, 1, 50, 60),
        span(2, 1, 10, 40),
        span(3, 2, 20, 30),
    ];
    assert_eq!(shape(&Tree::of(&spans)), "1(2(3) 4)");
    spans.reverse();
    let tree = Tree::of(&spans);
    assert_eq!(shape(&tree), "1(2(3) 4)");
    assert_eq!(tree.root(), Some(3));
    assert!(tree.irregularities().is_empty());
    assert_eq!(tree.depth_first().collect::<Vec<_>>(), [3, 1, 0, 2]);
}

#[test]
fn nothing_is_a_tree_too() {
    assert_eq!(Tree::of(&[]).root(), None);
}

#[test]
fn orphans_and_second_roots_stand_beside_the_root() {
    let spans = [
        span(2, 99, 0, 10),
        span(1, 0, 5, 9),
        span(3, 2, 6, 7),
        span(4, 0, 6, 8),
    ];
    let tree = Tree::of(&spans);
    assert_eq!(shape(&tree), "2(3) 1 4");
    assert_eq!(
        tree.root(),
        Some(1),
        "an orphan is not the root while there is one"
    );
    assert_eq!(
        tree.irregularities(),
        [(0, Irregularity::Standing(Standing::Orphan))]
    );
}

#[test]
fn a_span_that_is_its_own_parent_is_a_root() {
    let spans = [span(1, 1, 0, 10), span(2, 1, 1, 2)];
    let tree = Tree::of(&spans);
    assert_eq!(shape(&tree), "1(2)");
    assert_eq!(tree.standing(0), Standing::OwnParent);
}

#[test]
fn a_ring_is_cut_at_its_earliest_span() {
    let spans = [
        span(3, 2, 7, 8),
        span(1, 3, 5, 9),
        span(2, 1, 6, 8),
        span(4, 2, 1, 2),
    ];
    let tree = Tree::of(&spans);
    assert_eq!(shape(&tree), "1(2(4 3))");
    assert_eq!(tree.standing(1), Standing::Ring);
}

#[test]
fn the_same_span_twice_counts_once_and_a_different_one_with_its_id_is_named() {
    let spans = [
        span(1, 0, 0, 10),
        span(2, 1, 1, 5),
        span(2, 1, 1, 5),
        span(2, 1, 2, 3),
        span(5, 2, 2, 3),
    ];
    let tree = Tree::of(&spans);
    assert_eq!(shape(&tree), "1(2(5) 2)");
    assert_eq!(tree.standing(2), Standing::Duplicate(1));
    assert_eq!(tree.irregularities()[1], (3, Irregularity::SharedId(1)));
}

#[test]
fn a_server_with_its_clients_id_stands_below_the_client_and_adopts_the_children() {
    let client = Span {
        kind: Kind::CLIENT,
        ..span(2, 1, 1, 9)
    };
    let server = Span {
        kind: Kind::SERVER,
        ..span(2, 1, 2, 8)
    };
    let spans = [span(1, 0, 0, 10), server, client, span(3, 2, 3, 4)];
    let tree = Tree::of(&spans);
    assert_eq!(shape(&tree), "1(2(2(3)))");
    assert_eq!(tree.parent(1), Some(2));
}

#[test]
fn times_that_cannot_be_are_named() {
    let spans = [span(1, 0, 10, 20), span(2, 1, 5, 3)];
    let kinds: Vec<_> = Tree::of(&spans)
        .irregularities()
        .into_iter()
        .map(|(_, kind)| kind)
        .collect();
    assert_eq!(
        kinds,
        [Irregularity::EndsBeforeStart, Irregularity::StartsBeforeParent]
    );
}

#[test]
fn a_chain_of_a_hundred_thousand_spans_and_a_ring_of_as_many_are_built() {
    const LENGTH: u64 = 100_000;
    let mut spans: Vec<_> = (1..=LENGTH)
        .map(|id| span(id, id - 1, id, 2 * LENGTH - id))
        .collect();
    assert_eq!(Tree::of(&spans).depth_first().count(), 100_000);
    spans[0].parent_span_id = Some(SpanId(LENGTH.to_be_bytes()));
    let tree = Tree::of(&spans);
    assert_eq!((tree.roots(), tree.standing(0)), (&[0][..], Standing::Ring));
}
