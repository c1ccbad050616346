//! A list made by one of zshell's functions. Scripts use it like an array; a footer and an order of its own make it
//! more than one.

use rhai::{Array, Dynamic, EvalAltResult, INT, Position};
use std::rc::Rc;

/// A list with the kind of its items. Copies share the items until one of them is changed.
#[derive(Clone, Default)]
pub(crate) struct List {
    items: Rc<Array>,
    kind: ListKind,
}

/// The kind of items in a list, which chooses the layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// Any items.
    #[default]
    Plain,
    /// Items of `jobs()`, and the total number that the service reports, if it does.
    Jobs(Option<u64>),
    /// Names of collections.
    Collections,
    /// Clusters.
    Clusters,
    /// Rows of a collection, and the limit that cut them, if one may have.
    Rows(Option<u64>),
    /// Other items that zshell made. The noun names one of them, e.g. `volume`.
    Of(&'static str),
    /// Items of `submissions()`, and the total number if the list may be a part.
    Submissions(Option<u64>),
}

impl List {
    /// Returns a list of this kind.
    pub(crate) fn new(kind: ListKind, items: Array) -> Self {
        let items = Rc::new(items);
        Self { items, kind }
    }

    /// Returns a list of items that zshell made, which this noun names.
    pub(crate) fn of(noun: &'static str, items: Array) -> Self {
        Self::new(ListKind::Of(noun), items)
    }

    /// Returns the items.
    pub(crate) fn items(&self) -> &Array {
        &self.items
    }

    /// Returns the kind of items.
    pub(crate) const fn kind(&self) -> ListKind {
        self.kind
    }

    /// Returns the items as Rhai's own array.
    pub(crate) fn into_array(self) -> Array {
        Rc::unwrap_or_clone(self.items)
    }

    /// Returns the items for a change. The service's total doesn't belong to a changed list.
    pub(super) fn items_mut(&mut self) -> &mut Array {
        self.kind = match self.kind {
            ListKind::Jobs(_) => ListKind::Jobs(None),
            ListKind::Submissions(_) => ListKind::Submissions(None),
            ListKind::Rows(_) => ListKind::Rows(None),
            kind => kind,
        };
        Rc::make_mut(&mut self.items)
    }

    /// Takes the items out for a call that doesn't change them. They must be put back with [`Self::put_back`].
    pub(super) fn take(&mut self) -> Array {
        std::mem::take(Rc::make_mut(&mut self.items))
    }

    /// Puts the items back.
    pub(super) fn put_back(&mut self, items: Array) {
        self.items = Rc::new(items);
    }

    /// Returns the position in the items; a negative index counts from the end.
    pub(super) fn place(&self, index: INT) -> Result<usize, Box<EvalAltResult>> {
        let length = self.items.len();
        let back = || length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?);
        let place = usize::try_from(index).ok().or_else(back);
        place
            .filter(|place| *place < length)
            .ok_or_else(|| EvalAltResult::ErrorArrayBounds(length, index, Position::NONE).into())
    }
}

impl IntoIterator for List {
    type Item = Dynamic;
    type IntoIter = std::vec::IntoIter<Dynamic>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_array().into_iter()
    }
}
