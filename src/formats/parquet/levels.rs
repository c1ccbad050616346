//! Meaning of a leaf's definition levels.

use parquet::basic::Repetition;
use parquet::schema::types::{ColumnDescriptor, Type};

/// Thresholds of a leaf's definition levels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levels {
    /// Below this level, the row is null.
    pub(super) null: i16,
    /// Below this level, a row that isn't null has no list, because a member of its struct is null.
    pub(super) list: i16,
    /// Below this level, a row's list is empty.
    pub(super) some: i16,
    /// At this level, there is a value.
    pub(super) full: i16,
}

impl Levels {
    /// Returns the levels of a leaf in the top-level column `root`, or `None` if the schema is inconsistent.
    pub(super) fn of(root: &Type, leaf: &ColumnDescriptor) -> Option<Self> {
        let mut node = root;
        let mut level = 0;
        let (mut null, mut list, mut some) = (None, None, None);
        let mut below = leaf.path().parts().iter().skip(1);
        loop {
            let info = node.get_basic_info();
            if info.has_repetition() {
                match info.repetition() {
                    Repetition::REQUIRED => {}
                    Repetition::OPTIONAL => level += 1,
                    Repetition::REPEATED => {
                        // A repeated column itself is never null.
                        null.get_or_insert(level);
                        list.get_or_insert(level);
                        level += 1;
                        some.get_or_insert(level);
                    }
                }
            }
            null.get_or_insert(level);
            let Some(name) = below.next() else {
                break;
            };
            if !node.is_group() {
                return None;
            }
            node = node
                .get_fields()
                .iter()
                .find(|field| field.name() == name)?;
        }
        let null = null.unwrap_or(0);
        (level == leaf.max_def_level()).then_some(Self {
            null,
            list: list.unwrap_or(null),
            some: some.unwrap_or(level),
            full: level,
        })
    }
}
