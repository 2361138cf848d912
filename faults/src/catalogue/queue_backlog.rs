//! `queue-backlog`: a consumer that is slower than its producer.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static QUEUE_BACKLOG: Fault = Fault {
    name: "queue-backlog",
    family: "queue",
    summary: "A consumer that takes one message at a time on a fixed schedule, slower than messages come.",
    mechanism: "The struck consumer asks for one message, works on it, and asks again when its timer fires, whether or not more are waiting. The healthy \
        one takes as many as there are and works on them side by side. People write it as a scheduled job that handles one row a run, and it \
        is fast enough until there is more than one row a run.",
    signature: "Each checkout is as fast as ever. The consumer's traces begin with a long wait (`outbox wait`) that grows from message to message, \
        while the work after it takes no longer than before; their starts are evenly spaced. The queue's length and the age of its oldest \
        message rise in a straight line and fall when the consumer is mended. Traces show the age, metrics the length.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "The queue's length and the age of its oldest message (`orders.outbox.length`, `orders.outbox.age`) rise in a straight line.",
        ),
        traces: Witness::shows(
            "The wait at the beginning of each consumer's trace grows; those who fill the queue are as fast as ever.",
        ),
    },
    confused_with: "poison-message: nothing is processed at all while one message is tried again and again. A slow consumer (slow-query in it): then the \
        work after the wait is long. A burst of orders: the wait grows without the consumer having changed, and shrinks by itself.",
    fix: "Take messages in batches, work on them side by side, go on at once as long as there are more; alert on the age of the oldest message instead \
        of on the length, and scale consumers by it.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "age",
        unit: "ms",
    },
    places: Places::Services(&["fulfilment"]),
    parameters: &[Parameter {
        name: "poll",
        kind: ParameterKind::Duration {
            min_ms: 10,
            max_ms: 10_000,
        },
        default: "250ms",
        summary: "how often the consumer asks for a message",
    }],
    scenario: "queue-backlog",
};
