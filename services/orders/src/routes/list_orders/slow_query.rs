//! The orders of a user's page, found by the user's number as text.
