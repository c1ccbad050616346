//! A map made by zshell, which keeps the order of its keys. Scripts use it like any map.

use rhai::{Dynamic, Identifier, Map};
use std::rc::Rc;

/// A map whose keys have an order. Copies share the map until one of them is changed.
#[derive(Clone, Default)]
pub(crate) struct Record {
    map: Rc<Map>,
    keys: Rc<[Identifier]>,
    is_description: bool,
}

impl Record {
    /// Returns a record of these pairs, in this order.
    pub(crate) fn new(pairs: Vec<(Identifier, Dynamic)>) -> Self {
        Self {
            keys: pairs.iter().map(|(key, _)| key.clone()).collect(),
            map: Rc::new(pairs.into_iter().collect()),
            is_description: false,
        }
    }

    /// Marks the description of a collection, which has a layout of its own.
    #[must_use]
    pub(crate) fn description(mut self) -> Self {
        self.is_description = true;
        self
    }

    /// Returns true for the description of a collection.
    pub(crate) const fn is_description(&self) -> bool {
        self.is_description
    }

    /// Returns the map.
    pub(crate) fn map(&self) -> &Map {
        &self.map
    }

    /// Returns the value of a key, or unit.
    pub(super) fn get(&self, key: &str) -> Dynamic {
        self.map.get(key).cloned().unwrap_or_default()
    }

    /// Returns the map for a change.
    pub(super) fn map_mut(&mut self) -> &mut Map {
        Rc::make_mut(&mut self.map)
    }

    /// Returns the pairs: the original keys in their order, then the keys that a script added.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &Dynamic)> {
        let own = self
            .keys
            .iter()
            .filter_map(|key| self.map.get_key_value(key));
        let added = self.map.iter().filter(|(key, _)| !self.keys.contains(key));
        own.chain(added).map(|(key, value)| (key.as_str(), value))
    }

    /// Returns the pairs as Rhai's own map.
    pub(crate) fn into_map(self) -> Map {
        Rc::unwrap_or_clone(self.map)
    }
}
