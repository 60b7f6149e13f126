//! What a call has left of the work it may do.
//!
//! Rhai counts its own operations, but one of them may compare two lists of thousands of items. Whatever converts or
//! compares values pays for their size here, so that a call is bounded in time however it spends it. A call runs from
//! beginning to end on one thread, so what is left is kept there.

use std::cell::Cell;

/// How many items, and pieces of text of [`PIECE`] bytes, one call may convert.
const MOST: u64 = 2_000_000;
/// The bytes of text that cost as much as an item.
const PIECE: usize = 64;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// A new call begins.
pub(super) fn begin() {
    LEFT.set(MOST);
}

/// Pays for an item and a text of so many bytes; nothing is left when it says so.
pub(super) fn pay(bytes: usize) -> Result<(), String> {
    let cost = 1 + u64::try_from(bytes / PIECE).unwrap_or(u64::MAX);
    match LEFT.get().checked_sub(cost) {
        Some(left) => {
            LEFT.set(left);
            Ok(())
        }
        None => Err("more work than one call of a script may do".to_owned()),
    }
}
