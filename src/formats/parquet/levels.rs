//! The meaning of a leaf's definition levels.

use parquet::basic::Repetition;
use parquet::schema::types::{ColumnDescriptor, Type};

/// What a definition level means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levels {
    /// Below it the row is null.
    pub(super) null: i16,
    /// Below it (and not null) the row has no list: a member of its struct is null.
    pub(super) list: i16,
    /// Below it (and with a list) the list is empty.
    pub(super) some: i16,
    /// There is a value.
    pub(super) full: i16,
}

impl Levels {
    /// The levels of a leaf below this top-level column; `None` if the schema contradicts itself.
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
