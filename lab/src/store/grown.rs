//! How lists grow in the store.

/// Makes room by a quarter at a time, not by doubling: what is reserved counts against the budget.
pub fn grow<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 4));
    }
}
