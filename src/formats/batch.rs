//! Checked rows, column by column: what a reader hands on and the store keeps.
