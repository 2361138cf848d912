//! The products that have every word searched for, whatever the case the terms were stored in.
