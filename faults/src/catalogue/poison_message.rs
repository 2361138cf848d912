//! `poison-message`: a message that fails forever and blocks its queue.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static POISON_MESSAGE: Fault = Fault {
    name: "poison-message",
    family: "queue",
    summary: "A message that cannot be processed, in a consumer that does not go on before it is.",
    mechanism: "The struck consumer works strictly in order and tries a message that fails again and again before it takes the next. The message that \
        it meets first is written in a form that the functions behind it cannot read, so that it fails every time. People write it to keep \
        the order of messages, with an endless retry because a failure must be passing, and without a place for messages that are not.",
    signature: "One trace after another with the same `messaging.message.id`, each an error (a status of the 400s below the consumer's span), at an even pace, and \
        none of any other message. When the poison is gone all others come at once, each with a wait as long as the blockade. The queue's \
        length grows while the consumer is busy; its error rate is a hundred per cent of very little.",
    shown_by: ShownBy {
        metrics: Witness::shows("The queue grows (`orders.outbox.length`) while its consumer is busy."),
        traces: Witness::shows("The same message id in trace after trace, each with an error."),
    },
    confused_with: "queue-backlog: messages are processed, only too few. hang: the consumer does nothing at all, while here it works without rest. A failing \
        dependency: every message fails once and the next is tried, so that the ids differ.",
    fix: "Count deliveries, and after a few put the message aside where a person looks (a dead-letter queue); retry with a pause that grows; keep order \
        only within a key, so that one message blocks its own key alone; check messages where they are written.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "blocked",
        unit: "ms",
    },
    places: Places::Services(&["fulfilment"]),
    parameters: &[Parameter {
        name: "retry",
        kind: ParameterKind::Duration {
            min_ms: 10,
            max_ms: 10_000,
        },
        default: "200ms",
        summary: "the pause before the message is tried again",
    }],
    scenario: "poison-message",
};
